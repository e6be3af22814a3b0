package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.ReplicationStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Brings a peer that comes back up to date while the application uses the directory: sends only what is pending in the
 * {@link ChangeTracker}, on the stream that the application's own changes take.
 *
 * <p>First directories whose entries changed, each after the pending ones above it: so the target can put any object into
 * one without making a circle. Then files: each stops being pending with its attributes, and its changed blocks follow as
 * in {@link TreeCopy}.
 */
final class TreeResync implements TreeSource {

    /** How long operations that began before the resynchronisation may take to end. */
    private static final long QUIET_MS = 60_000;

    private static final long QUIET_POLL_MS = 1;

    /** Far more than directories lie in one another. */
    private static final int MAX_DEPTH = 100_000;

    /** Far more often than what is pending can move about while it is sent. */
    private static final int MAX_PASSES = 10_000;

    private final Backing backing;
    private final ChangeTracker changes;
    private final ReplicationStream stream;
    private final CopyProgress progress;
    private final int epoch;
    private final Mirroring mirroring;
    private final CopySender sender;
    private int passes;

    TreeResync(Backing backing, Mirroring mirroring, int epoch, CopyProgress progress) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.changes = mirroring.changes();
        this.stream = mirroring.stream();
        this.progress = progress;
        this.epoch = epoch;
        this.sender = new CopySender(backing, stream, epoch, progress);
    }

    @Override
    public void directories() {
        awaitQuiet();
        progress.filesTotal.addAndGet(pending().length);
        drainDirectories();
    }

    private void awaitQuiet() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(QUIET_MS);
        while (!changes.pendingIsQuiet()) {
            if (stream.epoch() != epoch || System.nanoTime() > deadline) {
                throw new CopyAborted("operations that began before the resynchronisation did not end");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(QUIET_POLL_MS));
        }
    }

    @Override
    public void files() {
        rest();
    }

    @Override
    public void rest() {
        for (long[] ids = pending(); ids.length > 0; ids = pending()) {
            countPass();
            for (long id : ids) {
                with(id, inode -> {
                    if (inode.isDirectory()) {
                        sendWithPendingAbove(inode);
                    } else {
                        sendFile(inode);
                    }
                });
            }
        }
        mirroring.found().clear();
    }

    private void countPass() {
        if (++passes > MAX_PASSES) {
            throw new IllegalStateException("what changed in " + backing.path + " cannot be brought to an end");
        }
    }

    private long[] pending() {
        return changes.pending(id -> Backing.indexOf(id) == Backing.indexOf(backing.root.id));
    }

    private void drainDirectories() {
        boolean some = true;
        while (some) {
            some = false;
            countPass();
            for (long id : pending()) {
                if (changes.pending(id).filter(Change::hasEntries).isPresent()) {
                    some = true;
                    with(id, this::sendWithPendingAbove);
                }
            }
        }
    }

    /** What is done with one object. */
    private interface OnObject {
        void with(Inode inode);
    }

    /** Does it with the object; one that is gone is not pending any more. */
    private void with(long id, OnObject action) {
        Inode inode = backing.inodes.acquire(id);
        if (inode == null) {
            if (!backing.inodes.isGone(id)) {
                throw new IllegalStateException("something in " + backing.path + " cannot be opened");
            }
            changes.add(id);
            return;
        }
        try {
            action.with(inode);
        } finally {
            backing.inodes.release(inode);
        }
    }

    private void sendWithPendingAbove(Inode directory) {
        if (directory.orphan || !directory.isDirectory()) {
            changes.add(directory.id);
            return;
        }
        for (long id : pendingFromTop(directory)) {
            with(id, this::sendDirectory);
        }
    }

    /** The pending directories on the way from the root to this one, and this one. */
    private Deque<Long> pendingFromTop(Inode directory) {
        Deque<Long> path = new ArrayDeque<>();
        path.push(directory.id);
        int fd = sender.descriptor(directory);
        boolean own = false;
        long at = directory.id;
        for (int depth = 0; fd >= 0 && at != backing.root.id && depth < MAX_DEPTH; depth++) {
            int above = Posix.openat(fd, Posix.scratchPath(".."), Posix.O_PATH | Posix.O_DIRECTORY, 0);
            if (own) {
                Posix.close(fd);
            }
            fd = above;
            own = true;
            at = fd < 0 ? IdentityStore.NONE : identityOf(fd);
            if (at != IdentityStore.NONE && changes.pending(at).isPresent()) {
                path.push(at);
            }
        }
        if (own && fd >= 0) {
            Posix.close(fd);
        }
        return path;
    }

    /** The way up ends at the mount that covers the root, which is another file system. */
    private long identityOf(int fd) {
        FileStatus status = sender.worker.status;
        FileStatus root = sender.worker.other;
        boolean known = Posix.fstat(fd, status) == 0 && Posix.fstat(backing.rootFd(), root) == 0;
        if (known && (status.on() != root.on() || status.inode == root.inode)) {
            return backing.root.id;
        }
        byte[] handle = Posix.handleOf(fd);
        return handle == null ? IdentityStore.NONE : backing.identities.idOf(handle);
    }

    private void sendDirectory(Inode directory) {
        int fd = sender.descriptor(directory);
        synchronized (directory) {
            Optional<Change> change = changes.pending(directory.id);
            if (change.isEmpty()) {
                return;
            }
            if (fd < 0 || directory.orphan) {
                changes.add(directory.id);
                return;
            }
            if (change.get().isNew()) {
                // It moves about below what is pending: the directory that it came to is sent first.
                return;
            }
            if (change.get().hasEntries()) {
                sender.entries(directory, fd, true, (id, status) -> {});
            }
            sender.inode(directory, fd);
        }
        progress.filesDone.incrementAndGet();
        sender.throttle();
    }

    private void sendFile(Inode inode) {
        int fd = sender.descriptor(inode);
        Change change;
        synchronized (inode) {
            Optional<Change> waiting = changes.pending(inode.id);
            if (waiting.isEmpty()) {
                return;
            }
            change = waiting.get();
            FileStatus status = sender.worker.status;
            if (fd < 0 || inode.orphan || isNowhere(inode, status)) {
                changes.add(inode.id);
                return;
            }
            if (change.isNew() && inode.unnamed) {
                sender.unnamed(inode);
            }
            if (inode.isRegular() && change.keptBytes() != Long.MAX_VALUE) {
                sender.truncate(inode, change.keptBytes());
            }
            sender.inode(inode, fd);
        }
        if (inode.isRegular()) {
            sendContent(inode, fd, change);
        }
        progress.filesDone.incrementAndGet();
        sender.throttle();
    }

    /** Whether a file that was made without a name lost its last user before it got one. */
    private boolean isNowhere(Inode inode, FileStatus status) {
        int result = backing.status(inode, status);
        if (result < 0) {
            throw new IllegalStateException(
                    "attributes in " + backing.path + " cannot be read: " + Errno.describe(-result));
        }
        return !inode.unnamed && status.links == 0;
    }

    private void sendContent(Inode inode, int fd, Change change) {
        long[] ranges = change.ranges();
        for (int i = 0; i < ranges.length; i += 2) {
            sender.content(inode, fd, ranges[i], ranges[i + 1], !change.isWhole());
        }
        sender.restore(inode, fd);
    }

    @Override
    public void close() {
        sender.close();
    }
}
