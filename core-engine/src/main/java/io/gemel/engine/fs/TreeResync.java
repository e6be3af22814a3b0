package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.Resync;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Brings a peer that comes back up to date while the application uses the directory: sends only what is pending in the
 * {@link Resync}, on the stream that the application's own changes take.
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
    private static final int MAX_PASSES = 1_000;

    private final Backing backing;
    private final Resync changes;
    private final ReplicationStream stream;
    private final CopyProgress progress;
    private final int epoch;
    private final Mirroring mirroring;
    private final CopySender sender;
    private final Differences differences;

    /** Objects that are new to the target, met in the directories that were sent. */
    private final ArrayDeque<Long> newDirectories = new ArrayDeque<>();

    private final LongQueue newFiles = new LongQueue();
    private int passes;

    TreeResync(Backing backing, Mirroring mirroring, Resync changes, CopyRun run) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.changes = changes;
        this.stream = mirroring.stream();
        this.progress = run.progress();
        this.epoch = run.epoch();
        this.sender = new CopySender(backing, stream, run);
        this.differences = run.differences().orElseThrow();
    }

    @Override
    public void directories() {
        awaitQuiet();
        backing.inodes.forEach(this::noteUnnamed);
        pending().forEach(this::count);
        drainDirectories();
    }

    /** What is left to bring, as far as it is known now. */
    private void count(long id) {
        progress.filesTotal.incrementAndGet();
        long[] ranges = changes.pending(id).map(Change::ranges).orElse(new long[0]);
        for (int i = 0; i < ranges.length; i += 2) {
            progress.bytesTotal.addAndGet(ranges[i + 1] == Long.MAX_VALUE ? 0 : ranges[i + 1] - ranges[i]);
        }
    }

    /** The target has thrown away files that are in use without a name; those that were made since it was told of. */
    private void noteUnnamed(Inode inode) {
        synchronized (inode) {
            boolean candidate = inode.unnamed && !inode.orphan && !Backing.excluded(inode.id);
            if (candidate && backing.status(inode, sender.worker.status) == 0 && sender.worker.status.links == 0) {
                changes.nameless(inode.id);
            }
        }
    }

    private void awaitQuiet() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(QUIET_MS);
        while (!changes.isQuiet()) {
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
        for (List<Long> ids = pending(); !ids.isEmpty(); ids = pending()) {
            countPass();
            ids.forEach(this::send);
            drainNew();
        }
        drainNew();
    }

    /** What is new, and what a change of names put where the target has everything. */
    private void drainNew() {
        drainDirectories();
        while (true) {
            Long found = mirroring.found().poll();
            if (found != null) {
                send(found);
                drainDirectories();
            } else if (!newFiles.isEmpty()) {
                send(newFiles.poll());
            } else if (!sendNeeded()) {
                return;
            }
        }
    }

    /** Sends all of an object that the target turned out to lack; whether there was one. */
    private boolean sendNeeded() {
        Optional<Long> needed = changes.needed(this::isHere);
        if (needed.isPresent() && changes.contains(needed.get())) {
            with(needed.get(), this::sendWhole);
        } else {
            // It is pending, and known to be new now.
            needed.ifPresent(this::send);
        }
        return needed.isPresent();
    }

    private void sendWhole(Inode inode) {
        int fd = sender.descriptor(inode);
        synchronized (inode) {
            if (fd < 0 || inode.orphan || isNowhere(inode, sender.worker.status)) {
                changes.isGone(inode.id);
                return;
            }
            if (inode.isDirectory()) {
                sender.entries(inode, fd, true, this::found);
            }
            sender.inode(inode, fd);
        }
        if (inode.isRegular()) {
            sender.content(inode, fd, 0, Long.MAX_VALUE, false);
            sender.restore(inode, fd);
        }
        changes.isBrought(inode.id);
        progress.filesDone.incrementAndGet();
        sender.throttle();
    }

    private void send(long id) {
        with(id, inode -> {
            if (inode.isDirectory()) {
                sendWithPendingAbove(inode);
            } else {
                sendFile(inode);
            }
        });
    }

    private void countPass() {
        if (++passes > MAX_PASSES) {
            throw new IllegalStateException(
                    "what changed in " + backing.path + " cannot be brought to an end: " + left());
        }
    }

    /** What is pending, for who has to find out why. */
    private String left() {
        List<String> words = new ArrayList<>();
        for (long id : pending().stream().limit(5).toList()) {
            Inode inode = backing.inodes.acquire(id);
            if (inode != null) {
                int result = backing.status(inode, sender.worker.status);
                words.add(Long.toHexString(id)
                        + (changes.isKnown(id) ? "" : " not known there")
                        + (inode.isDirectory() ? ", a directory" : "")
                        + (inode.unnamed ? ", unnamed" : "")
                        + (inode.orphan ? ", orphan" : "")
                        + (result == 0 ? ", " + sender.worker.status.links + " links" : ", gone"));
                backing.inodes.release(inode);
            }
        }
        return String.join("; ", words);
    }

    private List<Long> pending() {
        return changes.pending(this::isHere);
    }

    private boolean isHere(long id) {
        return Backing.indexOf(id) == Backing.indexOf(backing.root.id);
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
            for (Long id = newDirectories.poll(); id != null; id = newDirectories.poll()) {
                some = true;
                with(id, this::sendWithPendingAbove);
            }
        }
    }

    private void found(long id, FileStatus status, long name) {
        if (changes.contains(id)) {
            return;
        }
        progress.filesTotal.incrementAndGet();
        if (status.isDirectory()) {
            newDirectories.add(id);
        } else {
            newFiles.add(id);
            progress.bytesTotal.addAndGet(status.isRegular() ? Math.min(status.size, status.blocks * 512) : 0);
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
            changes.isGone(id);
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
            changes.isGone(directory.id);
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
                changes.isGone(directory.id);
                return;
            }
            if (!changes.isKnown(directory.id)) {
                // It moves about below what is pending: the directory that it came to is sent first.
                return;
            }
            if (change.get().hasEntries() || change.get().isNew()) {
                sender.entries(directory, fd, true, this::found);
            }
            sender.inode(directory, fd);
            changes.isBrought(directory.id);
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
                changes.isGone(inode.id);
                return;
            }
            if (!changes.isKnown(inode.id)) {
                if (!inode.unnamed) {
                    // It moves about: its name comes with the directory that it came to.
                    return;
                }
                sender.unnamed(inode);
            }
            if (inode.isRegular() && !isCompared(change) && change.keptBytes() != Long.MAX_VALUE) {
                sender.truncate(inode, change.keptBytes());
            }
            sender.inode(inode, fd);
        }
        if (inode.isRegular()) {
            sendContent(inode, fd, change);
        }
        changes.isBrought(inode.id);
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

    /** Whether it is likely that the target has most of what is marked. */
    private boolean isCompared(Change change) {
        return change.isCoarse() && !change.isNew();
    }

    private void sendContent(Inode inode, int fd, Change change) {
        if (isCompared(change)) {
            compareContent(inode, fd, change.rangesToCompare());
            return;
        }
        long[] ranges = change.ranges();
        for (int i = 0; i < ranges.length; i += 2) {
            sender.content(inode, fd, ranges[i], ranges[i + 1], !change.isWhole());
        }
        sender.restore(inode, fd);
    }

    /** The file is brought only once the target has said what of it differs. */
    private void compareContent(Inode inode, int fd, long[] ranges) {
        for (int i = 0; i < ranges.length; i += 2) {
            sender.compare(inode, fd, ranges[i], ranges[i + 1]);
        }
        sender.awaitApplied();
        sender.sendDifferences(differences);
        sender.restore(inode, fd);
    }

    @Override
    public void close() {
        sender.close();
    }
}
