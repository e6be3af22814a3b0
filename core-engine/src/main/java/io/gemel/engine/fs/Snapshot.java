package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last whole state of a module's directories on a node that is being brought up to date: {@link BeforeImages} of all
 * of them, begun together.
 *
 * <p>It holds until the resynchronisation, or one after it, has come to its end, is thrown away by a full copy, and is of
 * use only in the run of the kernel that it was begun in, for nothing of it is flushed. A restoration flushes it first
 * and marks that; from then on it is carried to its end, whatever happens.
 */
public final class Snapshot {

    private static final Logger LOG = LoggerFactory.getLogger(Snapshot.class);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final String RESTORING = "restoring";
    private static final int FILE_MODE = 0x180;

    private Snapshot() {}

    /**
     * Since when the last whole state of directories is kept, milliseconds of the epoch; nothing when there is none that
     * could be put back.
     */
    public static Optional<Long> sinceMs(List<String> directories) {
        return since(directories.stream()
                .map(directory -> Path.of(directory, Backing.HIDDEN, HiddenDirectory.BEFORE, ImageLog.NAME))
                .toList());
    }

    /** A time of it, for people. */
    public static String text(long sinceMs) {
        return TIME.format(Instant.ofEpochMilli(sinceMs).atZone(ZoneId.systemDefault()));
    }

    private static Optional<Long> since(List<Path> logs) {
        Set<Long> times = new HashSet<>();
        for (Path log : logs) {
            Optional<ImageLog.Header> header = ImageLog.header(log);
            if (header.isEmpty() || !header.get().isOfThisBoot()) {
                return Optional.empty();
            }
            times.add(header.get().sinceMs());
        }
        return times.size() == 1 ? Optional.of(times.iterator().next()) : Optional.empty();
    }

    private static Optional<Long> sinceOf(List<Backing> directories) {
        return since(directories.stream().map(Snapshot::log).toList());
    }

    private static Path log(Backing backing) {
        return Path.of("/proc/self/fd/" + backing.rootFd(), Backing.HIDDEN, HiddenDirectory.BEFORE, ImageLog.NAME);
    }

    /**
     * A resynchronisation begins to change the directories.
     *
     * @param whole whether they hold a whole state now
     * @return why nothing is kept; empty when it is
     */
    static Optional<String> begin(List<Backing> directories, boolean whole) {
        if (directories.stream().allMatch(backing -> backing.before != null)) {
            return Optional.empty();
        }
        try {
            if (sinceOf(directories).isPresent()) {
                for (Backing backing : directories) {
                    backing.before = BeforeImages.goOn(backing);
                }
                return Optional.empty();
            }
            discard(directories);
            if (!whole) {
                return Optional.of("what is here is not whole");
            }
            for (Backing backing : directories) {
                if (!canClone(backing)) {
                    discard(directories);
                    return Optional.of("the file system of " + backing.path + " has no clones of files");
                }
            }
            long sinceMs = System.currentTimeMillis();
            for (Backing backing : directories) {
                backing.before = BeforeImages.begin(backing, sinceMs);
            }
            return Optional.empty();
        } catch (IOException | IllegalStateException e) {
            discard(directories);
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static boolean canClone(Backing backing) {
        int before = backing.hidden.before();
        int from = Posix.openat(before, Posix.scratchPath("from"), Posix.O_RDWR | Posix.O_CREAT, FILE_MODE);
        int to = Posix.openat(before, Posix.scratchPath("to"), Posix.O_RDWR | Posix.O_CREAT, FILE_MODE);
        boolean can = from >= 0 && to >= 0;
        if (can) {
            long page = Memory.allocateResident(Memory.PAGE_BYTES);
            can = Posix.pwriteFully(from, page, Memory.PAGE_BYTES, 0) == Memory.PAGE_BYTES
                    && Posix.clone(from, to) == 0;
            Memory.free(page, Memory.PAGE_BYTES);
        }
        Posix.close(from);
        Posix.close(to);
        Posix.unlinkat(before, Posix.scratchPath("from"), 0);
        Posix.unlinkat(before, Posix.scratchPath("to"), 0);
        Posix.close(before);
        return can;
    }

    /** Throws away what is kept, if anything is. */
    static void discard(List<Backing> directories) {
        for (Backing backing : directories) {
            if (backing.before != null) {
                backing.before.drop();
            } else {
                remove(backing);
            }
        }
    }

    /** Removes what is kept of a directory, first what makes it usable. */
    static void remove(Backing backing) {
        int before = backing.hidden.existingBefore();
        if (before < 0) {
            return;
        }
        Posix.unlinkat(before, Posix.scratchPath(ImageLog.NAME), 0);
        boolean wasRestoring = isRestoring(before);
        Posix.unlinkat(before, Posix.scratchPath(RESTORING), 0);
        if (!TreeRemoval.removeContents(before)) {
            LOG.warn("{}: not all of .gemel/{} can be removed", backing.path, HiddenDirectory.BEFORE);
        }
        Posix.close(before);
        if (wasRestoring) {
            Posix.syncfs(backing.rootFd());
        }
        backing.hidden.removeIfEmpty();
    }

    private static boolean isRestoring(int before) {
        int marker = Posix.openat(before, Posix.scratchPath(RESTORING), Posix.O_RDONLY, 0);
        if (marker < 0) {
            return false;
        }
        Posix.close(marker);
        return true;
    }

    private static boolean isRestoring(Backing backing) {
        int before = backing.hidden.existingBefore();
        boolean restoring = before >= 0 && isRestoring(before);
        if (before >= 0) {
            Posix.close(before);
        }
        return restoring;
    }

    /**
     * The directories are opened, nothing uses them yet: carries a restoration to its end that was cut short, and throws
     * away what is of no use any more.
     *
     * @param whole whether they hold a whole state
     * @param forget makes the node forget that its copy has to do with the peer's, durably
     * @throws Problem what was restored cannot be
     */
    public static void settle(List<Backing> directories, boolean whole, Runnable forget) {
        if (directories.stream().anyMatch(Snapshot::isRestoring)) {
            LOG.warn("{}: a restoration that was cut short is carried on", directories.getFirst().path);
            carryOn(directories, forget);
        } else if (whole) {
            discard(directories);
        } else if (sinceOf(directories).isEmpty() && directories.stream().anyMatch(Snapshot::hasSome)) {
            LOG.warn(
                    "{}: the state before a resynchronisation is thrown away: it was kept in memory that a restart of"
                            + " this machine emptied, or not of all directories",
                    directories.getFirst().path);
            discard(directories);
        }
    }

    private static boolean hasSome(Backing backing) {
        int before = backing.hidden.existingBefore();
        if (before >= 0) {
            Posix.close(before);
        }
        return before >= 0;
    }

    /**
     * Puts back what is kept; nothing uses the directories.
     *
     * @param forget as for {@link #settle}
     * @return since when it was kept; nothing when there was nothing to be put back
     * @throws Problem it cannot be put back; it can be tried again
     */
    public static Optional<Long> restore(List<Backing> directories, Runnable forget) {
        Optional<Long> since = sinceOf(directories);
        if (directories.stream().noneMatch(Snapshot::isRestoring)) {
            if (since.isEmpty()) {
                discard(directories);
                return since;
            }
            directories.forEach(Snapshot::mark);
        }
        carryOn(directories, forget);
        return since.or(() -> Optional.of(0L));
    }

    /** What is kept is on the disk from now on, and is put back. */
    private static void mark(Backing backing) {
        int before = backing.hidden.before();
        check(Posix.syncfs(backing.rootFd()), "flushing", backing);
        int marker = Posix.openat(before, Posix.scratchPath(RESTORING), Posix.O_RDWR | Posix.O_CREAT, FILE_MODE);
        check(marker, "marking the restoration", backing);
        check(Posix.fsync(marker), "flushing", backing);
        Posix.close(marker);
        check(Posix.fsync(before), "flushing", backing);
        Posix.close(before);
    }

    private static void carryOn(List<Backing> directories, Runnable forget) {
        for (Backing backing : directories) {
            // Without a log it came to its end here.
            if (isRestoring(backing) && ImageLog.header(log(backing)).isPresent()) {
                try (Restoration restoration = new Restoration(backing)) {
                    restoration.run();
                } catch (IOException | ApplyFailure e) {
                    throw failed(backing, String.valueOf(e.getMessage()));
                }
            }
        }
        for (Backing backing : directories) {
            check(Posix.syncfs(backing.rootFd()), "flushing", backing);
            backing.identities.clear();
        }
        forget.run();
        for (Backing backing : directories) {
            TreeRemoval.removeContents(backing.hidden.limbo());
            backing.hidden.clearGraveyard();
            remove(backing);
            backing.hidden.removeIfEmpty();
        }
    }

    private static void check(long result, String what, Backing backing) {
        if (result < 0) {
            throw failed(backing, what + " failed: " + Errno.describe((int) -result));
        }
    }

    private static Problem failed(Backing backing, String why) {
        return new Problem(
                "the state of " + backing.path + " before the resynchronisation cannot be put back: " + why,
                "look for errors of the disk (dmesg), then try again; without it: rm -r " + backing.path + "/"
                        + Backing.HIDDEN + "/" + HiddenDirectory.BEFORE + " on this node, and try again");
    }
}
