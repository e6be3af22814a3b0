package io.gemel.engine.fs;

import io.gemel.engine.fuse.DeferredReply;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** The way of an operation from its local effect to the stream, and of its answer back to the kernel. */
final class Mirroring {

    private final Backing backing;
    private final ReplicationStream stream;
    private final SyncMode sync;
    private final ChangeTracker changes;
    private final Queue<Long> found = new ConcurrentLinkedQueue<>();
    private final Set<Inode> written = ConcurrentHashMap.newKeySet();

    Mirroring(Backing backing, ReplicationStream stream, ChangeTracker changes, SyncMode sync) {
        this.backing = backing;
        this.stream = stream;
        this.changes = changes;
        this.sync = sync;
    }

    ReplicationStream stream() {
        return stream;
    }

    ChangeTracker changes() {
        return changes;
    }

    /** Bytes of a file are about to change. Like the others of its kind: under the file's lock, before {@link #mirrors}. */
    void changesData(Inode inode, long offset, long bytes) {
        if (isTracked(inode)) {
            changes.data(inode.id, offset, bytes);
        }
    }

    /** Content is about to move about in a file. */
    void changesWhole(Inode inode) {
        if (isTracked(inode)) {
            changes.whole(inode.id);
        }
    }

    /** A file is about to get another size. */
    void changesSize(Inode inode, long bytes) {
        if (isTracked(inode)) {
            changes.size(inode.id, bytes);
        }
    }

    /** Attributes are about to change. */
    void changesAttributes(Inode inode) {
        if (isTracked(inode)) {
            changes.attributes(inode.id);
        }
    }

    /** Names in a directory are about to change. */
    void changesEntries(Inode directory) {
        if (isTracked(directory)) {
            changes.entries(directory.id);
        }
    }

    private static boolean isTracked(Inode inode) {
        return !inode.orphan && !Backing.excluded(inode.id);
    }

    /** Whether operations on the object go to the peer now. */
    boolean mirrors(Inode inode) {
        return !inode.orphan && !Backing.excluded(inode.id) && stream.mirrors(inode.id);
    }

    /**
     * Sends the operation and answers the request with the first bytes of its answer: when the peer has applied it, or
     * at once where the mode does not wait or nobody mirrors.
     */
    void sendAndReply(FuseRequest request, int epoch, ByteBuffer frame, int bodyBytes) {
        if (sync == SyncMode.FSYNC) {
            stream.submit(epoch, frame, null, false);
            request.reply(bodyBytes);
            return;
        }
        DeferredReply reply = request.defer(bodyBytes);
        if (!stream.submit(epoch, frame, reply, false)) {
            reply.accept(0);
        }
    }

    /**
     * Answers a request that an engine executed which died, with the first bytes of its answer: the peer is brought what
     * that changed with all that was under way then, and the answer waits for that as others do.
     */
    void replyExecuted(FuseRequest request, Inode directory, int bodyBytes) {
        int epoch = stream.epoch();
        WorkerContext worker = WorkerContext.get();
        if (mirrors(directory) && backing.status(directory, worker.other) == 0) {
            // An operation that says nothing new, for the sake of its answer.
            ByteBuffer frame = attributes(worker, directory, StreamFormat.VALID_MTIME, worker.other);
            sendAndReply(request, epoch, frame, bodyBytes);
        } else {
            request.reply(bodyBytes);
        }
    }

    /** Sends an operation for which nobody waits. */
    void send(int epoch, ByteBuffer frame) {
        stream.submit(epoch, frame, null, false);
    }

    /**
     * Sends an operation and waits until the peer has applied it, where the mode waits at all.
     *
     * @return 0, or the error with which it ended
     */
    int sendAndAwait(int epoch, ByteBuffer frame) {
        CountDownLatch applied = new CountDownLatch(1);
        AtomicInteger error = new AtomicInteger();
        IntConsumer waiter = errno -> {
            error.set(errno);
            applied.countDown();
        };
        boolean sent = stream.submit(epoch, frame, sync == SyncMode.FSYNC ? null : waiter, false);
        if (sent && sync == SyncMode.WRITE) {
            // Ends with the acknowledgement, or when the brain gives the peer up.
            boolean interrupted = false;
            while (applied.getCount() > 0) {
                try {
                    applied.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return error.get();
    }

    /** An object that is not copied yet got a name in a copied directory: the copy has to visit it. */
    void needsCopy(long id) {
        found.add(id);
    }

    /** Objects that the copy has to visit although it will not meet them in a directory. */
    Queue<Long> found() {
        return found;
    }

    /** Remembers that a file's times are to be sent. */
    void wasWritten(Inode inode) {
        if (!inode.timesDirty && inode.tryPin()) {
            if (written.add(inode)) {
                inode.timesDirty = true;
            } else {
                backing.inodes.release(inode);
            }
        }
    }

    /**
     * Asks the peer to flush a file. Its times go along, but for a flush of data alone, which does not need them: they
     * are sent within a second anyway.
     *
     * @return false when nobody mirrors: the waiter will not hear
     */
    boolean sendFlush(int epoch, Inode inode, boolean dataOnly, IntConsumer waiter) {
        WorkerContext worker = WorkerContext.get();
        FrameWriter frame = worker.frame.begin(StreamFormat.FSYNC, inode.id);
        if (dataOnly) {
            return stream.submit(epoch, frame.u32(StreamFormat.FLUSH_DATA_ONLY).end(), waiter, true);
        }
        boolean times;
        boolean sent;
        synchronized (inode) {
            noteTimes(inode);
            times = takeTimes(inode);
            boolean known = times && backing.status(inode, worker.other) == 0;
            frame.u32(known ? StreamFormat.FLUSH_TIMES : 0);
            sent = stream.submit(epoch, known ? frame.time(worker.other).end() : frame.end(), waiter, true);
        }
        if (times) {
            backing.inodes.release(inode);
        }
        return sent;
    }

    /** The note of the write itself may be dropped before its time is on the peer. */
    private void noteTimes(Inode inode) {
        if (inode.timesDirty) {
            changesAttributes(inode);
        }
    }

    /** Whether the file's times are to be sent; if so the caller sends them and then releases the file. */
    boolean takeTimes(Inode inode) {
        if (!inode.timesDirty || !written.remove(inode)) {
            return false;
        }
        inode.timesDirty = false;
        return true;
    }

    /** Sends the times of a file if it was written since they were sent last. */
    void sendTimes(Inode inode) {
        if (!inode.timesDirty) {
            return;
        }
        synchronized (inode) {
            noteTimes(inode);
            if (!takeTimes(inode)) {
                return;
            }
            int epoch = stream.epoch();
            WorkerContext worker = WorkerContext.get();
            if (mirrors(inode) && backing.status(inode, worker.other) == 0) {
                send(epoch, attributes(worker, inode, StreamFormat.VALID_MTIME, worker.other));
            }
        }
        backing.inodes.release(inode);
    }

    /** Sends the times of every file that was written; called once a second. */
    void sendAllTimes() {
        written.forEach(this::sendTimes);
    }

    static ByteBuffer attributes(WorkerContext worker, Inode inode, int valid, FileStatus status) {
        return worker.frame
                .begin(StreamFormat.ATTRIBUTES, inode.id)
                .u32(valid)
                .attributes(status)
                .u64(status.size)
                .end();
    }
}
