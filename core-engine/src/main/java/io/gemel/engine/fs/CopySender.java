package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.BlockHashes;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Puts objects of one directory on the stream, for a copy or a resynchronisation, without more under way than the
 * application's own changes can wait behind. Belongs to one thread.
 */
final class CopySender implements AutoCloseable {

    private static final int CHUNK_BYTES = 1 << 20;

    /** Bytes of a copy that may be under way, so that the application's changes do not queue behind more. */
    private static final long IN_FLIGHT_BYTES = 4L << 20;

    /** How long the peer may take nothing before the copy gives up. */
    private static final long STALL_MS = 60_000;

    private static final int MAX_ENTRY_BYTES = 2 * Memory.PAGE_BYTES;

    /** {@code FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE}. */
    private static final int PUNCH_HOLE = 3;

    /** Told of each entry that is sent. */
    @FunctionalInterface
    interface Entries {
        void sent(long id, FileStatus status, long name);
    }

    final WorkerContext worker = WorkerContext.get();
    private final Backing backing;
    private final ReplicationStream stream;
    private final CopyProgress progress;
    private final CopyPace pace;
    private final int epoch;
    private final XattrReader xattrs = new XattrReader();
    private final BlockHashes hashing = new BlockHashes();
    private final long chunk = Memory.allocateResident(Memory.PAGE_BYTES + CHUNK_BYTES) + Memory.PAGE_BYTES;
    private final ByteBuffer chunkView = Memory.view(chunk - Memory.PAGE_BYTES, Memory.PAGE_BYTES + CHUNK_BYTES);

    /** Sequence number and size of each frame that may not be applied yet, one after the other. */
    private final LongQueue sent = new LongQueue();

    private long bytesInFlight;

    /** Whether the target is only to say what it has otherwise. */
    private final boolean checks;

    CopySender(Backing backing, ReplicationStream stream, CopyRun run) {
        this(backing, stream, run, false);
    }

    /** @param checks whether the target is to change nothing, and only to say what it has otherwise */
    CopySender(Backing backing, ReplicationStream stream, CopyRun run, boolean checks) {
        this.checks = checks;
        this.backing = backing;
        this.stream = stream;
        this.progress = run.progress();
        this.pace = run.pace();
        this.epoch = run.epoch();
    }

    /** A descriptor, or a negative number when the object is gone. */
    int descriptor(Inode inode) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0 && fd != -Errno.ESTALE && fd != -Errno.ENOENT) {
            throw new IllegalStateException(
                    "something in " + backing.path + " cannot be opened: " + Errno.describe(-fd));
        }
        return fd;
    }

    /**
     * Sends the entries of a directory, whose lock is held.
     *
     * @param exact whether the target is to have no others
     */
    void entries(Inode directory, int fd, boolean exact, Entries entries) {
        int flags = StreamFormat.ENTRIES_FIRST | (exact ? StreamFormat.ENTRIES_EXACT : 0);
        byte kind = checks ? StreamFormat.CHECK_ENTRIES : StreamFormat.COPY_ENTRIES;
        FrameWriter frame = worker.frame.begin(kind, directory.id);
        long flagsAt = frame.position();
        frame.u32(flags).u32(0);
        int count = 0;
        try (DirectoryListing listing = DirectoryListing.of(fd)) {
            while (listing.next()) {
                if (frame.room() < MAX_ENTRY_BYTES) {
                    frame.patch32(flagsAt, flags);
                    frame.patch32(flagsAt + Integer.BYTES, count);
                    send(frame.end());
                    flags &= ~StreamFormat.ENTRIES_FIRST;
                    frame.begin(kind, directory.id).u32(0).u32(0);
                    count = 0;
                }
                count += putEntry(frame, directory, fd, listing, entries) ? 1 : 0;
            }
            if (listing.error() < 0) {
                throw new IllegalStateException(
                        "a directory in " + backing.path + " cannot be read: " + Errno.describe(-listing.error()));
            }
        }
        frame.patch32(flagsAt, flags | StreamFormat.ENTRIES_LAST);
        frame.patch32(flagsAt + Integer.BYTES, count);
        send(frame.end());
    }

    private boolean putEntry(FrameWriter frame, Inode directory, int fd, DirectoryListing entry, Entries entries) {
        long name = entry.name();
        if (entry.isDotOrDotDot() || backing.isHidden(directory, name)) {
            return false;
        }
        progress.looks.incrementAndGet();
        FileStatus status = worker.status;
        byte[] handle = Posix.lstatat(fd, name, status) < 0 ? null : Posix.handleAt(fd, name);
        if (handle == null) {
            throw new IllegalStateException("an entry in " + backing.path + " cannot be read");
        }
        long id = backing.inodes.identify(handle, backing.excludes(directory, name));
        if (Backing.excluded(id)) {
            return false;
        }
        long target = status.isSymlink() ? worker.linkTargetAt(fd, name) : 0;
        frame.u64(id)
                .u32(stream.isKnown(id) ? StreamFormat.MUST_BE_KNOWN : 0)
                .attributes(status)
                .u32(status.device())
                .name(name)
                .name(target);
        if (!checks) {
            stream.makeKnown(id);
        }
        entries.sent(id, status, name);
        return true;
    }

    /** The object's attributes, and from now on its changes are sent; its lock is held. */
    void inode(Inode inode, int fd) {
        progress.looks.incrementAndGet();
        int result = backing.status(inode, worker.status);
        if (result < 0) {
            throw new IllegalStateException(
                    "attributes in " + backing.path + " cannot be read: " + Errno.describe(-result));
        }
        FrameWriter frame = worker.frame.begin(checks ? StreamFormat.CHECK_INODE : StreamFormat.COPY_INODE, inode.id);
        frame.attributes(worker.status).u64(worker.status.size);
        xattrs.append(fd, frame);
        send(frame.end());
        if (!checks) {
            stream.markSynced(epoch, inode.id);
        }
    }

    /** What the target has of a file behind these bytes goes; the file's lock is held. */
    void truncate(Inode inode, long bytes) {
        worker.status.size = bytes;
        send(Mirroring.attributes(worker, inode, StreamFormat.VALID_SIZE, worker.status));
    }

    /**
     * Sends what a file holds between two offsets, piece by piece, each read and sent under the file's lock.
     *
     * @param punch whether the target may have data where there is none here
     */
    void content(Inode inode, int fd, long from, long to, boolean punch) {
        long offset = from;
        while (offset < to) {
            synchronized (inode) {
                if (isGone(inode)) {
                    return;
                }
                long data = Posix.lseek(fd, offset, Posix.SEEK_DATA);
                if (data < 0 && data != -Errno.ENXIO) {
                    throw unreadable(data);
                }
                long next = data < 0 ? to : Math.min(data, to);
                if (punch && next > offset) {
                    punch(inode, offset, next - offset);
                }
                if (next == to) {
                    return;
                }
                long n = piece(inode, fd, data, to);
                if (n == 0) {
                    return;
                }
                offset = data + n;
            }
            throttle();
        }
    }

    /**
     * As {@link #content}, but for what the target has already: it says what differs.
     *
     * @param from where a block begins
     */
    void compare(Inode inode, int fd, long from, long to) {
        for (long offset = from; offset >= 0; ) {
            synchronized (inode) {
                if (isGone(inode)) {
                    return;
                }
                offset = comparePiece(inode, fd, offset, Math.min(worker.status.size, to));
            }
            throttle();
        }
    }

    /** Makes a hole what is one, or compares the next piece; where to go on, or a negative number at the end. */
    private long comparePiece(Inode inode, int fd, long offset, long end) {
        if (offset >= end) {
            return -1;
        }
        long data = Posix.lseek(fd, offset, Posix.SEEK_DATA);
        if (data < 0 && data != -Errno.ENXIO) {
            throw unreadable(data);
        }
        long piece = data < 0 ? end : Math.min(end, data / BlockHashes.BLOCK_BYTES * BlockHashes.BLOCK_BYTES);
        if (piece > offset) {
            punch(inode, offset, roundUp(piece) - offset);
            return piece;
        }
        long bytes = Math.min(CHUNK_BYTES, end - offset);
        if (!checks) {
            punchHoles(inode, fd, offset, offset + bytes);
        }
        long n = Posix.pread(fd, chunk, bytes, offset);
        if (n < 0) {
            throw unreadable(n);
        }
        hashes(inode, offset, (int) n);
        return offset + bytes;
    }

    /** Sends what the target of a comparison said it has otherwise in this directory. */
    void sendDifferences(Differences said) {
        int index = Backing.indexOf(backing.root.id);
        for (Optional<Differences.Blocks> next = said.poll(index); next.isPresent(); next = said.poll(index)) {
            Inode inode = backing.inodes.acquire(next.get().id());
            if (inode != null) {
                try {
                    sendBlocks(inode, next.get());
                } finally {
                    backing.inodes.release(inode);
                }
            }
        }
    }

    private void sendBlocks(Inode inode, Differences.Blocks blocks) {
        int fd = descriptor(inode);
        if (fd < 0 || inode.orphan || !inode.isRegular()) {
            return;
        }
        for (Optional<int[]> run = blocks.run(0); run.isPresent(); run = blocks.run(run.get()[1])) {
            content(inode, fd, blocks.byteOf(run.get()[0]), blocks.byteOf(run.get()[1]), true);
        }
        restore(inode, fd);
    }

    /** Whether the file lost its last name or user meanwhile, so that the target has it no more; its lock is held. */
    private boolean isGone(Inode inode) {
        int result = backing.status(inode, worker.status);
        if (result < 0) {
            throw unreadable(result);
        }
        return inode.orphan || (!inode.unnamed && worker.status.links == 0);
    }

    /** A hole that ends with the file takes all of the last block: of a part of it the kernel would make zeros instead. */
    private static long roundUp(long bytes) {
        return (bytes + BlockHashes.BLOCK_BYTES - 1) / BlockHashes.BLOCK_BYTES * BlockHashes.BLOCK_BYTES;
    }

    private void punchHoles(Inode inode, int fd, long from, long to) {
        for (long at = from; at < to; ) {
            long data = Posix.lseek(fd, at, Posix.SEEK_DATA);
            long next = data < 0 ? to : Math.min(data, to);
            if (next > at) {
                punch(inode, at, (next == to ? roundUp(to) : next) - at);
            }
            at = next == to ? to : Posix.lseek(fd, next, Posix.SEEK_HOLE);
            if (at < 0) {
                throw unreadable(at);
            }
        }
    }

    private void hashes(Inode inode, long offset, int bytes) {
        FrameWriter frame = worker.frame
                .begin(checks ? StreamFormat.CHECK_HASHES : StreamFormat.HASHES, inode.id)
                .u64(offset)
                .u32(bytes);
        for (int at = 0; at < bytes; at += BlockHashes.BLOCK_BYTES) {
            int block = Math.min(BlockHashes.BLOCK_BYTES, bytes - at);
            frame.raw(
                    hashing.of(chunkView.limit(Memory.PAGE_BYTES + at + block).position(Memory.PAGE_BYTES + at)),
                    BlockHashes.HASH_BYTES);
        }
        send(frame.end());
        progress.bytesDone.addAndGet(bytes);
        if (checks) {
            pace.sent(bytes);
        }
    }

    private IllegalStateException unreadable(long result) {
        return new IllegalStateException(
                "a file in " + backing.path + " cannot be read: " + Errno.describe((int) -result));
    }

    private long piece(Inode inode, int fd, long data, long to) {
        long hole = Posix.lseek(fd, data, Posix.SEEK_HOLE);
        long n = hole < 0 ? hole : Posix.pread(fd, chunk, Math.min(CHUNK_BYTES, Math.min(hole, to) - data), data);
        if (n < 0) {
            throw unreadable(n);
        }
        if (n > 0) {
            FrameWriter.writeHeader(chunk, (int) n, inode.id, data);
            int first = Memory.PAGE_BYTES - StreamFormat.WRITE_HEADER_BYTES;
            send(chunkView.limit(Memory.PAGE_BYTES + (int) n).position(first));
            progress.bytesDone.addAndGet(n);
        }
        return n;
    }

    private void punch(Inode inode, long offset, long length) {
        if (checks) {
            send(worker.frame
                    .begin(StreamFormat.CHECK_HOLE, inode.id)
                    .u64(offset)
                    .u64(length)
                    .end());
            return;
        }
        send(worker.frame
                .begin(StreamFormat.ALLOCATE, inode.id)
                .u64(offset)
                .u64(length)
                .u32(PUNCH_HOLE)
                .end());
    }

    /** After the content: what writing it took from the target's file. */
    void restore(Inode inode, int fd) {
        synchronized (inode) {
            if (!isGone(inode)) {
                if (worker.capability.read(fd)) {
                    send(worker.capability.frame(worker.frame, inode, worker.status.mode));
                }
                send(Mirroring.attributes(worker, inode, StreamFormat.VALID_MTIME, worker.status));
            }
        }
    }

    /** A file in use that has no name yet (O_TMPFILE) may get one: the peer needs it too; its status is the worker's. */
    void unnamed(Inode inode) {
        send(worker.frame
                .begin(StreamFormat.MAKE, inode.id)
                .u64(backing.root.id)
                .attributes(worker.status)
                .u64(0)
                .u32(Posix.UTIME_OMIT)
                .u32(0)
                .name(0)
                .name(0)
                .end());
    }

    private void send(ByteBuffer frame) {
        int at = frame.position();
        int bytes = frame.remaining();
        if (!stream.submit(epoch, frame, CopySender::applied, false)) {
            throw new CopyAborted("the peer was lost while it was being copied to");
        }
        sent.add(frame.getLong(at + StreamFormat.SEQUENCE_AT));
        sent.add(bytes);
        bytesInFlight += bytes;
        pace.sent(bytes);
    }

    /** Only so that the acknowledgement comes soon: {@link #throttle} waits for it. */
    private static void applied(int errno) {}

    /** Waits until little of the copy is under way; the application's changes are not counted, or it might wait for ever. */
    void throttle() {
        pace.await(() -> stream.epoch() == epoch);
        awaitApplied(IN_FLIGHT_BYTES);
    }

    /** Waits until the target has applied all that was sent, and said all there is to say of it. */
    void awaitApplied() {
        awaitApplied(0);
    }

    private void awaitApplied(long mostInFlight) {
        while (bytesInFlight > mostInFlight) {
            if (!stream.awaitAcknowledged(epoch, sent.poll(), STALL_MS)) {
                throw new CopyAborted("the peer takes nothing while it is being copied to");
            }
            bytesInFlight -= sent.poll();
        }
    }

    @Override
    public void close() {
        Memory.free(chunk - Memory.PAGE_BYTES, Memory.PAGE_BYTES + CHUNK_BYTES);
        xattrs.close();
    }
}
