package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * {@code .gemel} at the root of a replicated directory: the graveyard of files that are in use without a name, limbo
 * for what a copy has not placed yet, and what was kept aside. It comes when needed, goes when empty, and leaves no
 * trace in the root's times.
 */
final class HiddenDirectory {

    /** Name of the directory of the before images. */
    static final String BEFORE = "before";

    private static final int PRIVATE = 0x1c0;
    private static final int EXISTING = Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;

    private final int rootFd;
    private int fd = -1;
    private int graveyard = -1;
    private int limbo = -1;

    HiddenDirectory(int rootFd) {
        this.rootFd = rootFd;
    }

    synchronized boolean exists() {
        return fd >= 0;
    }

    /** Descriptor of the graveyard. */
    synchronized int graveyard() {
        if (graveyard < 0) {
            graveyard = subdirectory("graveyard");
        }
        return graveyard;
    }

    /** Descriptor of limbo. */
    synchronized int limbo() {
        if (limbo < 0) {
            limbo = subdirectory("limbo");
        }
        return limbo;
    }

    /** Makes a directory for what is kept aside, named by the time; its descriptor, to be closed by the caller. */
    synchronized int kept(String name) {
        int kept = subdirectory("kept");
        int result = make(kept, name);
        Posix.close(kept);
        return result;
    }

    /** Makes the directory of the before images; its descriptor, to be closed by the caller. */
    synchronized int before() {
        return subdirectory(BEFORE);
    }

    /** As {@link #before}, if it is there; else a negative number. */
    int existingBefore() {
        return Posix.openat(rootFd, Posix.scratchPath(Backing.HIDDEN + "/" + BEFORE), EXISTING, 0);
    }

    /** Moves an object's link in the graveyard, if it has one, to limbo. */
    synchronized void fromGraveyardToLimbo(long id) {
        int from = graveyard();
        int to = limbo();
        long name = Posix.scratchPath(nameOf(id));
        if (Posix.renameat2(from, name, to, name, 0) == 0) {
            // A rename between two names of one file leaves both.
            Posix.unlinkat(from, name, 0);
        }
    }

    /** Moves limbo with all that is in it into another directory of the file system. */
    synchronized int moveLimbo(int directory, String name) {
        limbo();
        // Both names stand in the one scratch memory of this thread.
        long both = Posix.scratchPath("limbo\0" + name);
        int result = Posix.renameat2(fd, both, directory, both + "limbo\0".length(), 0);
        close(limbo);
        limbo = -1;
        return result;
    }

    private int subdirectory(String name) {
        if (fd < 0) {
            FileStatus before = new FileStatus();
            Posix.fstat(rootFd, before);
            fd = make(rootFd, Backing.HIDDEN);
            restoreTimes(before);
        }
        return make(fd, name);
    }

    static int make(int directory, String name) {
        int made = Posix.mkdirat(directory, Posix.scratchPath(name), PRIVATE);
        if (made < 0 && made != -Errno.EEXIST) {
            throw new IllegalStateException("the directory " + name + " cannot be made: " + Errno.describe(-made));
        }
        int opened = Posix.openat(
                directory, Posix.scratchPath(name), Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW, 0);
        if (opened < 0) {
            throw new IllegalStateException("the directory " + name + " cannot be opened: " + Errno.describe(-opened));
        }
        return opened;
    }

    /** The name of an object in the graveyard or in limbo. */
    static byte[] nameOf(long id) {
        return String.format(Locale.ROOT, "%016x", id).getBytes(StandardCharsets.US_ASCII);
    }

    /** The object of such a name; 0 for another name. */
    static long idOf(byte[] name) {
        try {
            return Long.parseUnsignedLong(new String(name, StandardCharsets.US_ASCII), 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private void restoreTimes(FileStatus before) {
        Posix.utimens(rootFd, 0, Posix.UTIME_OMIT, before.modifySeconds, before.modifyNanos);
    }

    /** Empties the graveyard of a dead engine, whose files nobody uses any more. */
    synchronized void clearGraveyard() {
        TreeRemoval.removeContents(graveyard());
    }

    /** Empties the graveyard, if there is one, when nobody uses the file system any more. */
    synchronized void leaveGraveyard() {
        if (graveyard >= 0) {
            TreeRemoval.removeContents(graveyard);
        }
    }

    /** Removes what is empty, and itself with nothing kept. */
    synchronized void removeIfEmpty() {
        close(graveyard);
        close(limbo);
        graveyard = -1;
        limbo = -1;
        int directory = Posix.openat(
                rootFd, Posix.scratchPath(Backing.HIDDEN), Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW, 0);
        close(fd);
        fd = -1;
        if (directory < 0) {
            return;
        }
        for (String name : new String[] {"graveyard", "limbo", "kept", BEFORE}) {
            Posix.unlinkat(directory, Posix.scratchPath(name), Posix.AT_REMOVEDIR);
        }
        Posix.close(directory);
        FileStatus before = new FileStatus();
        Posix.fstat(rootFd, before);
        if (Posix.unlinkat(rootFd, Posix.scratchPath(Backing.HIDDEN), Posix.AT_REMOVEDIR) == 0) {
            restoreTimes(before);
        }
    }

    private static void close(int descriptor) {
        if (descriptor >= 0) {
            Posix.close(descriptor);
        }
    }
}
