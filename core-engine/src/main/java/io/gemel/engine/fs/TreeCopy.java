package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Copies one directory to the peer while the application uses it, on the stream that the application's own changes take.
 *
 * <p>First the directories, parents before children: each is listed and sent under its lock and is <em>synced</em> from
 * then on, which means that changes in it go to the peer. Then the files: each becomes synced with its attributes, and
 * its content follows piece by piece, each piece read and sent under the file's lock; changes made meanwhile are in the
 * stream where they belong.
 */
public final class TreeCopy implements AutoCloseable {

    private static final int CHUNK_BYTES = 1 << 20;

    /** Bytes of a copy that may be under way, so that the application's changes do not queue behind more. */
    private static final long IN_FLIGHT_BYTES = 4L << 20;

    /** How long the peer may take nothing before the copy gives up. */
    private static final long STALL_MS = 60_000;

    private static final int MAX_ENTRY_BYTES = 2 * Memory.PAGE_BYTES;

    private final Backing backing;
    private final Mirroring mirroring;
    private final ReplicationStream stream;
    private final CopyProgress progress;
    private final int epoch;
    private final WorkerContext worker = WorkerContext.get();
    private final XattrReader xattrs = new XattrReader();
    private final long chunk = Memory.allocateResident(Memory.PAGE_BYTES + CHUNK_BYTES) + Memory.PAGE_BYTES;
    private final ByteBuffer chunkView = Memory.view(chunk - Memory.PAGE_BYTES, Memory.PAGE_BYTES + CHUNK_BYTES);
    private final ArrayDeque<Long> directories = new ArrayDeque<>();
    private final LongQueue files = new LongQueue();

    /** Sequence number and size of each frame that may not be applied yet, one after the other. */
    private final LongQueue sent = new LongQueue();

    private long bytesInFlight;

    TreeCopy(Backing backing, Mirroring mirroring, int epoch, CopyProgress progress) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.stream = mirroring.stream();
        this.progress = progress;
        this.epoch = epoch;
    }

    /** Sends every directory with its entries; the files are known then. */
    public void copyDirectories() {
        mirroring.found().clear();
        directories.add(backing.root.id);
        drainDirectories();
    }

    /** Sends the content of everything that was found, also while the copy ran. */
    public void copyFiles() {
        while (!files.isEmpty()) {
            copyOne(files.poll());
        }
        copyFound();
        backing.inodes.forEach(this::copyUnnamed);
    }

    /** Sends what got a name in a copied directory since; after the copy's end there can be no more of it. */
    public void copyFound() {
        for (Long id = mirroring.found().poll();
                id != null;
                id = mirroring.found().poll()) {
            copyOne(id);
        }
    }

    private void drainDirectories() {
        for (Long id = directories.poll(); id != null; id = directories.poll()) {
            Inode inode = backing.inodes.acquire(id);
            if (inode != null) {
                try {
                    copyDirectory(inode);
                } finally {
                    backing.inodes.release(inode);
                }
            }
        }
    }

    private void copyOne(long id) {
        if (stream.isSynced(id)) {
            return;
        }
        Inode inode = backing.inodes.acquire(id);
        if (inode == null) {
            return;
        }
        try {
            if (inode.isDirectory()) {
                directories.add(id);
                drainDirectories();
                while (!files.isEmpty()) {
                    copyOne(files.poll());
                }
            } else {
                copyFile(inode);
            }
        } finally {
            backing.inodes.release(inode);
        }
    }

    private void copyDirectory(Inode directory) {
        int fd = descriptor(directory);
        synchronized (directory) {
            if (fd < 0 || directory.orphan || stream.isSynced(directory.id)) {
                return;
            }
            FrameWriter frame = worker.frame.begin(StreamFormat.COPY_ENTRIES, directory.id);
            long countAt = frame.position();
            frame.u32(0);
            int count = 0;
            try (DirectoryListing listing = DirectoryListing.of(fd)) {
                while (listing.next()) {
                    if (frame.room() < MAX_ENTRY_BYTES) {
                        frame.patch32(countAt, count);
                        send(frame.end());
                        frame.begin(StreamFormat.COPY_ENTRIES, directory.id).u32(0);
                        count = 0;
                    }
                    count += putEntry(frame, directory, fd, listing) ? 1 : 0;
                }
                if (listing.error() < 0) {
                    throw new IllegalStateException(
                            "a directory in " + backing.path + " cannot be read: " + Errno.describe(-listing.error()));
                }
            }
            frame.patch32(countAt, count);
            send(frame.end());
            sendInode(directory, fd);
        }
        progress.filesDone.incrementAndGet();
        throttle();
    }

    private boolean putEntry(FrameWriter frame, Inode directory, int fd, DirectoryListing entry) {
        long name = entry.name();
        if (entry.isDotOrDotDot() || backing.isHidden(directory, name)) {
            return false;
        }
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
        frame.u64(id).attributes(status).u32(status.device()).name(name).name(target);
        progress.filesTotal.incrementAndGet();
        if (status.isDirectory()) {
            directories.add(id);
        } else {
            files.add(id);
            progress.bytesTotal.addAndGet(status.isRegular() ? Math.min(status.size, status.blocks * 512) : 0);
        }
        return true;
    }

    /** The object's attributes, and from now on its changes are sent. */
    private void sendInode(Inode inode, int fd) {
        int result = backing.status(inode, worker.status);
        if (result < 0) {
            throw new IllegalStateException(
                    "attributes in " + backing.path + " cannot be read: " + Errno.describe(-result));
        }
        FrameWriter frame = worker.frame.begin(StreamFormat.COPY_INODE, inode.id);
        frame.attributes(worker.status).u64(worker.status.size);
        xattrs.append(fd, frame);
        send(frame.end());
        stream.markSynced(epoch, inode.id);
    }

    /** A descriptor, or a negative number when the object is gone. */
    private int descriptor(Inode inode) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0 && fd != -Errno.ESTALE && fd != -Errno.ENOENT) {
            throw new IllegalStateException(
                    "something in " + backing.path + " cannot be opened: " + Errno.describe(-fd));
        }
        return fd;
    }

    private void copyFile(Inode inode) {
        int fd = descriptor(inode);
        synchronized (inode) {
            if (fd < 0 || inode.orphan || stream.isSynced(inode.id)) {
                return;
            }
            sendInode(inode, fd);
        }
        if (inode.isRegular()) {
            copyContent(inode, fd);
        }
        progress.filesDone.incrementAndGet();
        throttle();
    }

    private void copyContent(Inode inode, int fd) {
        long offset = 0;
        while (true) {
            synchronized (inode) {
                long data = Posix.lseek(fd, offset, Posix.SEEK_DATA);
                if (data == -Errno.ENXIO) {
                    break;
                }
                long hole = data < 0 ? data : Posix.lseek(fd, data, Posix.SEEK_HOLE);
                long n = hole < 0 ? hole : Posix.pread(fd, chunk, Math.min(CHUNK_BYTES, hole - data), data);
                if (n < 0) {
                    throw new IllegalStateException(
                            "a file in " + backing.path + " cannot be read: " + Errno.describe((int) -n));
                }
                if (n == 0) {
                    break;
                }
                FrameWriter.writeHeader(chunk, (int) n, inode.id, data);
                int first = Memory.PAGE_BYTES - StreamFormat.WRITE_HEADER_BYTES;
                send(chunkView.limit(Memory.PAGE_BYTES + (int) n).position(first));
                progress.bytesDone.addAndGet(n);
                offset = data + n;
            }
            throttle();
        }
        synchronized (inode) {
            if (backing.status(inode, worker.status) == 0) {
                // The target's writes have taken it from its file.
                if (worker.capability.read(fd)) {
                    send(worker.capability.frame(worker.frame, inode, worker.status.mode));
                }
                send(Mirroring.attributes(worker, inode, StreamFormat.VALID_MTIME, worker.status));
            }
        }
    }

    /** Files in use that have no name yet (O_TMPFILE) may get one: the peer needs them too. */
    private void copyUnnamed(Inode inode) {
        if (!inode.unnamed || inode.orphan || Backing.excluded(inode.id)) {
            return;
        }
        synchronized (inode) {
            if (stream.isSynced(inode.id) || backing.status(inode, worker.status) < 0) {
                return;
            }
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
        copyFile(inode);
    }

    private void send(ByteBuffer frame) {
        int at = frame.position();
        int bytes = frame.remaining();
        if (!stream.submit(epoch, frame, TreeCopy::applied, false)) {
            throw new CopyAborted("the peer was lost while it was being copied to");
        }
        sent.add(frame.getLong(at + StreamFormat.SEQUENCE_AT));
        sent.add(bytes);
        bytesInFlight += bytes;
    }

    /** Only so that the acknowledgement comes soon: {@link #throttle} waits for it. */
    private static void applied(int errno) {}

    /** Waits until little of the copy is under way; the application's changes are not counted, or it might wait for ever. */
    private void throttle() {
        while (bytesInFlight > IN_FLIGHT_BYTES) {
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
