package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.ChangeStore;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Before what this node wrote by itself is given up: copies of each file that it changed or made, as they are now, under
 * {@code .gemel/kept}. Where the file system can, a copy shares its blocks with the file until that changes.
 */
final class KeptAside {

    private static final int PIECE_BYTES = 64 << 20;
    private static final int DIRECTORY_MODE = 0x1c0;
    private static final int DIRECTORY = Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;

    /** {@code DT_DIR}. */
    private static final int TYPE_DIRECTORY = 4;

    private final Backing backing;
    private final FileStatus status = new FileStatus();
    private final Set<Long> numbers = new HashSet<>();
    private int kept = -1;
    private long files;

    KeptAside(Backing backing) {
        this.backing = backing;
    }

    /** Keeps what this node remembers of its own changes; how many files those are. */
    long keep(ChangeStore.Saved own) {
        Set<Long> ids = new HashSet<>();
        own.changes().forEach((id, change) -> {
            if (Backing.indexOf(id) == Backing.indexOf(backing.root.id) && hasContent(change)) {
                ids.add(id);
            }
        });
        backing.identities.forEachFrom(own.header().born(), ids::add);
        ids.forEach(this::number);
        try {
            find(backing.rootFd(), new ArrayDeque<>());
        } finally {
            if (kept >= 0) {
                Posix.close(kept);
            }
        }
        return files;
    }

    private void number(long id) {
        Inode inode = Backing.excluded(id) ? null : backing.inodes.acquire(id);
        if (inode != null) {
            int fd = backing.inodes.descriptor(inode);
            if (fd >= 0 && !inode.isDirectory() && Posix.fstat(fd, status) == 0) {
                numbers.add(status.inode);
            }
            backing.inodes.release(inode);
        }
    }

    private static boolean hasContent(Change change) {
        return change.ranges().length > 0 || change.keptBytes() != Long.MAX_VALUE;
    }

    /** Handles do not lead to names: the tree is searched for the files' numbers. */
    private void find(int directory, Deque<byte[]> path) {
        try (DirectoryListing listing = DirectoryListing.of(directory)) {
            while (listing.next() && !numbers.isEmpty()) {
                if (listing.isDotOrDotDot() || (path.isEmpty() && backing.isHidden(backing.root, listing.name()))) {
                    continue;
                }
                byte[] name = Memory.bytes(listing.name(), Memory.stringLength(listing.name()));
                if (listing.type() == TYPE_DIRECTORY) {
                    int below = Posix.openat(directory, Posix.scratchPath(name), DIRECTORY, 0);
                    if (below >= 0) {
                        path.addLast(name);
                        find(below, path);
                        path.removeLast();
                        Posix.close(below);
                    }
                } else if (numbers.remove(listing.inode())) {
                    keep(directory, name, path);
                }
            }
            ApplyFailure.check(listing.error(), "looking for what is to be kept", backing);
        }
    }

    private void keep(int directory, byte[] name, Deque<byte[]> path) {
        int fd = Posix.openat(directory, Posix.scratchPath(name), Posix.O_PATH | Posix.O_NOFOLLOW, 0);
        ApplyFailure.check(fd, "reading what is to be kept", backing);
        try {
            ApplyFailure.check(Posix.fstat(fd, status), "reading what is to be kept", backing);
            if (!status.isRegular() && !status.isSymlink()) {
                return;
            }
            kept = kept >= 0 ? kept : CopyTarget.openKept(backing);
            int parent = kept;
            for (byte[] step : path) {
                parent = into(parent, step);
            }
            try {
                copy(directory, fd, parent, name);
                files++;
            } finally {
                if (parent != kept) {
                    Posix.close(parent);
                }
            }
        } finally {
            Posix.close(fd);
        }
    }

    /** A descriptor of the directory, made if it is not there; the parent's is closed. */
    private int into(int parent, byte[] name) {
        int made = Posix.mkdirat(parent, Posix.scratchPath(name), DIRECTORY_MODE);
        if (made < 0 && made != -Errno.EEXIST) {
            ApplyFailure.check(made, "keeping old content aside", backing);
        }
        int opened = Posix.openat(parent, Posix.scratchPath(name), DIRECTORY, 0);
        if (parent != kept) {
            Posix.close(parent);
        }
        return (int) ApplyFailure.check(opened, "keeping old content aside", backing);
    }

    private void copy(int directory, int path, int parent, byte[] name) {
        if (status.isSymlink()) {
            long target = WorkerContext.get().linkTarget(path);
            ApplyFailure.check(
                    Posix.symlinkat(target, parent, Posix.scratchPath(name)), "keeping old content aside", backing);
            return;
        }
        int from = (int) ApplyFailure.check(
                Posix.openat(directory, Posix.scratchPath(name), Posix.O_RDONLY | Posix.O_NOFOLLOW, 0),
                "reading what is to be kept",
                backing);
        try {
            copyContent(from, parent, name);
        } finally {
            Posix.close(from);
        }
    }

    private void copyContent(int from, int parent, byte[] name) {
        int copy = Posix.openat(
                parent,
                Posix.scratchPath(name),
                Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL | Posix.O_NOFOLLOW,
                status.mode & FileStatus.PERMISSIONS & ~(FileStatus.S_ISUID | FileStatus.S_ISGID));
        ApplyFailure.check(copy, "keeping old content aside", backing);
        try {
            for (long at = 0; at < status.size; ) {
                long n = Posix.copyFileRange(from, at, copy, at, Math.min(PIECE_BYTES, status.size - at));
                ApplyFailure.check(n, "keeping old content aside", backing);
                if (n == 0) {
                    break;
                }
                at += n;
            }
            Posix.chown(copy, status.uid, status.gid);
            Posix.utimens(copy, 0, Posix.UTIME_OMIT, status.modifySeconds, status.modifyNanos);
        } finally {
            Posix.close(copy);
        }
    }
}
