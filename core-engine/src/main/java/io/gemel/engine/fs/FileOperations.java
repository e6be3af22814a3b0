package io.gemel.engine.fs;

import io.gemel.engine.fuse.DeferredReply;
import io.gemel.engine.fuse.FuseProtocol;
import io.gemel.engine.fuse.FuseReplies;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;

/** Operations on the content of files. */
final class FileOperations {

    /** Most bytes that one copy_file_range request copies; the caller asks again for the rest. */
    private static final long COPY_BYTES = 16L << 20;

    /** Most bytes in one frame: the peer writes the first part of a large write while the next is on its way. */
    private static final int PART_BYTES = 256 << 10;

    /** Modes of {@code fallocate(2)}, from {@code include/uapi/linux/falloc.h}. */
    private static final int KEEP_SIZE = 1;

    private static final int PUNCH_HOLE = 2;
    private static final int ZERO_RANGE = 0x10;

    private final Backing backing;
    private final Mirroring mirroring;
    private final NamelessFiles nameless;

    FileOperations(Backing backing, Mirroring mirroring, NamelessFiles nameless) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.nameless = nameless;
    }

    void open(FuseRequest request, Inode inode, int flags) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        synchronized (inode) {
            nameless.opened(request, inode);
        }
        request.reply(FuseReplies.open(request.out(), flags & 0xffffffffL, FuseProtocol.FOPEN_KEEP_CACHE));
    }

    void release(FuseRequest request, Inode inode) {
        mirroring.sendTimes(inode);
        nameless.released(request, inode);
        request.reply(0);
    }

    void read(FuseRequest request, Inode inode, long offset, int bytes) {
        int fd = backing.inodes.descriptor(inode);
        long n = fd < 0 ? fd : Posix.pread(fd, request.out(), Math.min(bytes, FuseRequest.MAX_IO_BYTES), offset);
        if (n < 0) {
            request.fail((int) -n);
        } else {
            request.reply((int) n);
        }
    }

    void write(FuseRequest request, Inode inode, long offset, long payload, int bytes, int writeFlags) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        synchronized (inode) {
            mirroring.changesData(inode, offset, bytes);
            boolean keeps = (writeFlags & FuseProtocol.WRITE_CACHE) != 0
                    && WorkerContext.get().capability.read(fd);
            int epoch = mirroring.stream().epoch();
            boolean mirrors = mirroring.mirrors(inode);
            int written = mirrors
                    ? writeParts(request, inode, fd, epoch, offset, payload, bytes)
                    : (int) Posix.pwriteFully(fd, payload, bytes, offset);
            // Also when it was refused, for the kernel sets the time of a file before it finds that the disk is full.
            mirroring.wasWritten(inode);
            if (written < 0) {
                request.fail(-written);
                return;
            }
            if (keeps) {
                WorkerContext.get().capability.restore(fd);
            }
            if ((writeFlags & FuseProtocol.WRITE_KILL_SUIDGID) != 0) {
                dropPrivilegeBits(request, inode, fd);
            }
            int body = FuseReplies.written(request.out(), written);
            if (written == 0 || !mirrors) {
                request.reply(body);
                return;
            }
            // Where the kernel refused the next part, this one goes twice: the answer waits for it.
            int ahead = (written - 1) / PART_BYTES * PART_BYTES;
            mirroring.sendAndReply(request, epoch, part(request, inode, offset, payload, ahead, written - ahead), body);
            if (keeps) {
                sendCapability(inode, fd, epoch);
            }
        }
    }

    /**
     * Writes in parts and sends each but the last, so that the peer is busy with one while the next is written here.
     *
     * @return the bytes that are in the file now, fewer than wanted when the kernel refused the rest, or {@code -errno}
     */
    private int writeParts(FuseRequest request, Inode inode, int fd, int epoch, long offset, long payload, int bytes) {
        int done = 0;
        while (true) {
            int wanted = Math.min(PART_BYTES, bytes - done);
            int n = (int) Posix.pwriteFully(fd, payload + done, wanted, offset + done);
            if (n < wanted) {
                return done > 0 ? done + Math.max(0, n) : n;
            }
            done += wanted;
            if (done == bytes) {
                return done;
            }
            mirroring.send(epoch, part(request, inode, offset, payload, done - wanted, wanted));
        }
    }

    /** The header goes over what lies before the part, which the peer has been sent by then. */
    private static ByteBuffer part(FuseRequest request, Inode inode, long offset, long payload, int from, int bytes) {
        long start = payload + from;
        FrameWriter.writeHeader(start, bytes, inode.id, offset + from);
        return request.view(start - StreamFormat.WRITE_HEADER_BYTES, start + bytes);
    }

    /** The peer's write took it from its file. */
    private void sendCapability(Inode inode, int fd, int epoch) {
        WorkerContext worker = WorkerContext.get();
        if (Posix.fstat(fd, worker.other) == 0) {
            mirroring.send(epoch, worker.capability.frame(worker.frame, inode, worker.other.mode));
        }
    }

    private void dropPrivilegeBits(FuseRequest request, Inode inode, int fd) {
        WorkerContext worker = WorkerContext.get();
        if (Posix.fstat(fd, worker.other) < 0) {
            return;
        }
        int permissions = PrivilegeBits.afterChange(request, worker.other);
        if (permissions == (worker.other.mode & FileStatus.PERMISSIONS) || Posix.chmod(fd, permissions) < 0) {
            return;
        }
        worker.other.mode = permissions;
        int epoch = mirroring.stream().epoch();
        if (mirroring.mirrors(inode)) {
            mirroring.send(epoch, Mirroring.attributes(worker, inode, StreamFormat.VALID_MODE, worker.other));
        }
    }

    /** Both nodes flush at the same time; the answer comes when both have. */
    void fsync(FuseRequest request, Inode inode, boolean dataOnly) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        int epoch = mirroring.stream().epoch();
        if (!mirroring.mirrors(inode)) {
            request.replyResult(flush(fd, dataOnly));
            return;
        }
        DeferredReply reply = request.defer(0);
        reply.expectOneMore();
        if (!mirroring.sendFlush(epoch, inode, dataOnly, reply)) {
            reply.accept(0);
        }
        reply.accept(-flush(fd, dataOnly));
    }

    private static int flush(int fd, boolean dataOnly) {
        int result = dataOnly ? Posix.fdatasync(fd) : Posix.fsync(fd);
        // A special file has no content to flush and is only reached by O_PATH.
        return result == -Errno.EBADF ? 0 : result;
    }

    void fallocate(FuseRequest request, Inode inode, long offset, long length, int mode) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        synchronized (inode) {
            noteAllocation(inode, offset, length, mode);
            int result = Posix.fallocate(fd, mode, offset, length);
            if (result < 0) {
                request.fail(-result);
                return;
            }
            dropPrivilegeBitsOfUser(request, inode, fd);
            mirroring.wasWritten(inode);
            int epoch = mirroring.stream().epoch();
            if (!mirroring.mirrors(inode)) {
                request.reply(0);
                return;
            }
            var frame = WorkerContext.get()
                    .frame
                    .begin(StreamFormat.ALLOCATE, inode.id)
                    .u64(offset)
                    .u64(length)
                    .u32(mode)
                    .end();
            mirroring.sendAndReply(request, epoch, frame, 0);
        }
    }

    private void noteAllocation(Inode inode, long offset, long length, int mode) {
        if ((mode & ~KEEP_SIZE) == 0) {
            mirroring.changesAttributes(inode);
        } else if ((mode & ~(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE)) == 0) {
            mirroring.changesData(inode, offset, length);
        } else {
            mirroring.changesWhole(inode);
        }
    }

    /** For changes that the kernel sends without its kill flag: who is not root loses the bits. */
    private void dropPrivilegeBitsOfUser(FuseRequest request, Inode inode, int fd) {
        if (request.uid() != 0) {
            dropPrivilegeBits(request, inode, fd);
        }
    }

    void lseek(FuseRequest request, Inode inode, long offset, int whence) {
        int fd = backing.inodes.descriptor(inode);
        long result = fd < 0 ? fd : Posix.lseek(fd, offset, whence);
        if (result < 0) {
            request.fail((int) -result);
        } else {
            Memory.putLong(request.out(), result);
            request.reply(8);
        }
    }

    /** Copies on the local disk, then sends what the destination has now: the peer may not have the source yet. */
    void copyFileRange(FuseRequest r, Inode from, long offset, Inode to, long toOffset, long bytes, boolean wide) {
        int in = backing.inodes.descriptor(from);
        int out = backing.inodes.descriptor(to);
        if (in < 0 || out < 0) {
            r.fail(in < 0 ? -in : -out);
            return;
        }
        Inode first = from.id <= to.id ? from : to;
        Inode second = first == from ? to : from;
        synchronized (first) {
            synchronized (second) {
                mirroring.changesData(to, toOffset, Math.min(bytes, COPY_BYTES));
                long n = Posix.copyFileRange(in, offset, out, toOffset, Math.min(bytes, COPY_BYTES));
                if (n < 0) {
                    r.fail((int) -n);
                    return;
                }
                dropPrivilegeBitsOfUser(r, to, out);
                mirroring.wasWritten(to);
                int error = sendCopied(r, to, out, toOffset, n);
                if (error != 0) {
                    r.fail(error);
                } else if (wide) {
                    Memory.putLong(r.out(), n);
                    r.reply(8);
                } else {
                    r.reply(FuseReplies.written(r.out(), (int) n));
                }
            }
        }
    }

    private int sendCopied(FuseRequest request, Inode to, int fd, long offset, long bytes) {
        int epoch = mirroring.stream().epoch();
        long done = 0;
        while (done < bytes && mirroring.mirrors(to)) {
            long n = Posix.pread(fd, request.out(), Math.min(bytes - done, FuseRequest.MAX_IO_BYTES), offset + done);
            if (n <= 0) {
                throw new IllegalStateException("what was just copied cannot be read: " + Errno.describe((int) -n));
            }
            FrameWriter.writeHeader(request.out(), (int) n, to.id, offset + done);
            boolean last = done + n == bytes;
            var frame = request.outView(request.out() - StreamFormat.WRITE_HEADER_BYTES, request.out() + n);
            if (last) {
                return mirroring.sendAndAwait(epoch, frame);
            } else {
                mirroring.send(epoch, frame);
            }
            done += n;
        }
        return 0;
    }
}
