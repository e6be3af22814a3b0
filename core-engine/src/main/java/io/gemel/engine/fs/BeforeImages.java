package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While a resynchronisation changes a replicated directory: keeps what each object was before its first change, so that
 * {@link Restoration} can put it back. A file's content is kept by a clone that shares its blocks. What loses its last
 * name waits in limbo. Belongs to the thread that applies.
 */
final class BeforeImages {

    /** Directory of the clones. */
    static final String CONTENTS = "contents";

    private static final Logger LOG = LoggerFactory.getLogger(BeforeImages.class);

    private static final int NEW_CLONE = Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC | Posix.O_NOFOLLOW;
    private static final int CLONE_MODE = 0x180;

    /** Entries in a part of a listing; a part is some hundred KiB at most. */
    private static final int PART_ENTRIES = 1_000;

    private final Backing backing;
    private final int directory;
    private final int contents;
    private final ImageLog log;
    private final FileStatus status = new FileStatus();
    private final ObjectAttributes.Access attributes = new ObjectAttributes.Access();

    /** Numbers of the objects that need no image any more, those made meanwhile among them. */
    private final Set<Long> done;

    private final Set<Long> made;
    private long clones;

    private BeforeImages(Backing backing, int directory, ImageLog log, Known known) {
        this.backing = backing;
        this.directory = directory;
        this.log = log;
        this.done = known.done;
        this.made = known.made;
        this.clones = known.clones;
        this.contents = HiddenDirectory.make(directory, CONTENTS);
    }

    /** Begins with none; the directory for them is empty. */
    static BeforeImages begin(Backing backing, long sinceMs) throws IOException {
        int directory = backing.hidden.before();
        return new BeforeImages(backing, directory, ImageLog.create(directory, sinceMs), new Known());
    }

    /** Goes on after the engine was ended. */
    static BeforeImages goOn(Backing backing) throws IOException {
        int directory = backing.hidden.before();
        Known known = new Known();
        return new BeforeImages(backing, directory, ImageLog.goOn(directory, known), known);
    }

    /** What the log says of which objects are done. */
    private static final class Known implements ImageLog.Reader {
        private final Set<Long> done = new HashSet<>();
        private final Set<Long> made = new HashSet<>();
        private long clones;

        @Override
        public void object(ImageLog.Image image) {
            clones = Math.max(clones, image.content());
            if (!image.attributes().isDirectory()) {
                done.add(image.number());
            }
        }

        @Override
        public void entries(long number, List<ImageLog.Entry> part, boolean isLast) {
            if (isLast) {
                done.add(number);
            }
        }

        @Override
        public void made(long number) {
            done.add(number);
            made.add(number);
        }
    }

    /** The object is about to be changed. */
    void changes(Inode inode, int fd) {
        if (inode.imagedBy != this) {
            changes(inode.handle, fd);
            inode.imagedBy = this;
        }
    }

    /** As {@link #changes(Inode, int)}. */
    void changes(byte[] handle, int fd) {
        try {
            check(Posix.fstat(fd, status), "reading attributes");
            if (!done.contains(status.inode)) {
                image(handle, fd);
            }
        } catch (IOException | ApplyFailure e) {
            giveUp(e.getMessage());
        }
    }

    private void image(byte[] handle, int fd) throws IOException {
        long number = status.inode;
        ObjectAttributes now = attributes.read(fd, status);
        long content = now.isRegular() && now.sizeBytes() > 0 ? cloneOf(fd) : 0;
        log.object(new ImageLog.Image(number, ByteBuffer.wrap(handle), now, content));
        if (now.isDirectory()) {
            list(number, fd);
        }
        done.add(number);
    }

    private long cloneOf(int fd) {
        clones++;
        int to = Posix.openat(contents, Posix.scratchPath(nameOf(clones)), NEW_CLONE, CLONE_MODE);
        check(to, "making a before image");
        try {
            int result = Posix.clone(fd, to);
            int flags = result == -Errno.EINVAL ? Posix.inodeFlags(fd) & Posix.FS_NOCOW : 0;
            if (flags != 0) {
                // Blocks are shared only between files that are both written in place, or neither.
                Posix.setInodeFlags(to, flags);
                result = Posix.clone(fd, to);
            }
            check(result, "making a before image");
        } finally {
            Posix.close(to);
        }
        return clones;
    }

    /** The name of a clone. */
    static String nameOf(long clone) {
        return String.format(Locale.ROOT, "%016x", clone);
    }

    private void list(long number, int fd) throws IOException {
        boolean isRoot = fd == backing.rootFd();
        List<ImageLog.Entry> part = new ArrayList<>();
        try (DirectoryListing listing = DirectoryListing.of(fd)) {
            while (listing.next()) {
                if (listing.isDotOrDotDot() || (isRoot && backing.isHidden(backing.root, listing.name()))) {
                    continue;
                }
                byte[] handle = Posix.handleAt(fd, listing.name());
                if (handle == null) {
                    throw new ApplyFailure("an entry of a directory gives no file handle");
                }
                part.add(new ImageLog.Entry(CopyTarget.text(listing.name()), ByteBuffer.wrap(handle)));
                if (part.size() == PART_ENTRIES) {
                    log.entries(number, part, false);
                    part.clear();
                }
            }
            check(listing.error(), "reading a directory");
        }
        log.entries(number, part, true);
    }

    /** The object was not there before. */
    void made(Inode inode, int fd) {
        try {
            check(Posix.fstat(fd, status), "reading attributes");
            done.add(status.inode);
            if (made.add(status.inode)) {
                log.made(status.inode);
            }
            inode.imagedBy = this;
        } catch (IOException | ApplyFailure e) {
            giveUp(e.getMessage());
        }
    }

    /** Whether an object with this number was there before. */
    boolean isOld(long number) {
        return !made.contains(number);
    }

    /** All objects in limbo go with the images, once these are not needed any more. */
    void takeLimbo() {
        int moved = backing.hidden.moveLimbo(directory, "limbo-" + Long.toHexString(System.nanoTime()));
        check(moved, "moving limbo");
    }

    private void giveUp(String why) {
        LOG.warn(
                "{}: the state before the resynchronisation is not kept any longer, for its images cannot be taken: {}",
                backing.path,
                why);
        drop();
    }

    /** Throws the images away. */
    void drop() {
        close();
        backing.before = null;
        Snapshot.remove(backing);
    }

    private static void check(long result, String what) {
        if (result < 0) {
            throw new ApplyFailure(what + " failed: " + Errno.describe((int) -result), (int) -result);
        }
    }

    /** Takes no more; the images stay. */
    void close() {
        done.clear();
        made.clear();
        attributes.close();
        try {
            log.close();
        } catch (IOException e) {
            LOG.debug("closing the log of before images: {}", e.getMessage());
        }
        Posix.close(contents);
        Posix.close(directory);
    }
}
