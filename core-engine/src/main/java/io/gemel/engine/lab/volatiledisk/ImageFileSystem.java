package io.gemel.engine.lab.volatiledisk;

import io.gemel.engine.fuse.FuseProtocol;
import io.gemel.engine.fuse.FuseReplies;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.nio.charset.StandardCharsets;

/** A file system of one file: the disk. Its fsync is the disk's flush. */
final class ImageFileSystem extends RefusingOperations {

    private static final long IMAGE_ID = 2;

    /**
     * The kernel keeps no page of the file (FOPEN_DIRECT_IO), which would outlive the power and hide what is flushed,
     * and sends several writes at once (FOPEN_PARALLEL_DIRECT_WRITES); fuse.h.
     */
    private static final int OPEN_FLAGS = 1 | 1 << 6;

    private static final int FALLOC_KEEP_SIZE = 1;
    private static final int FALLOC_PUNCH_HOLE = 2;
    private static final int FALLOC_ZERO_RANGE = 0x10;

    /** prctl(2): memory that this thread asks for is not waited for at a file system, which might be the one it serves. */
    private static final int PR_SET_IO_FLUSHER = 57;

    private final String name;
    private final VolatileStore store;

    ImageFileSystem(String name, VolatileStore store) {
        this.name = name;
        this.store = store;
    }

    @Override
    public void workerStarted() {
        // Containers may lack the capability for it (CAP_SYS_RESOURCE). Only a machine short of memory then misses it.
        Syscall.call(SyscallNumber.PRCTL, PR_SET_IO_FLUSHER, 1);
    }

    @Override
    public void lookup(FuseRequest request, long name) {
        String asked = new String(Memory.bytes(name, Memory.stringLength(name)), StandardCharsets.UTF_8);
        if (request.node() != FuseProtocol.ROOT_ID || !asked.equals(this.name)) {
            request.fail(Errno.ENOENT);
            return;
        }
        request.reply(FuseReplies.entry(request.out(), IMAGE_ID, status(IMAGE_ID)));
    }

    @Override
    public void getattr(FuseRequest request) {
        request.reply(FuseReplies.attrOut(request.out(), status(request.node())));
    }

    private FileStatus status(long node) {
        FileStatus status = new FileStatus();
        boolean root = node == FuseProtocol.ROOT_ID;
        status.inode = node;
        status.mode = root ? FileStatus.S_IFDIR | 0700 : FileStatus.S_IFREG | 0600;
        status.links = root ? 2 : 1;
        status.size = root ? 0 : store.sizeBytes();
        status.blocks = status.size / VolatileStore.SECTOR_BYTES;
        status.blockSize = VolatileStore.BLOCK_BYTES;
        return status;
    }

    @Override
    public void statfs(FuseRequest request) {
        Memory.zero(request.out(), FuseReplies.STATFS_BYTES);
        request.reply(FuseReplies.STATFS_BYTES);
    }

    @Override
    public void open(FuseRequest request, int flags) {
        request.reply(FuseReplies.open(request.out(), 0, OPEN_FLAGS));
    }

    @Override
    public void release(FuseRequest request, int flags) {
        request.reply(0);
    }

    @Override
    public void read(FuseRequest request, long offset, int bytes) {
        int result = store.read(request.out(), offset, bytes);
        if (result < 0) {
            request.fail(-result);
        } else {
            request.reply(result);
        }
    }

    @Override
    public void write(FuseRequest request, long offset, long payload, int bytes, int writeFlags) {
        int result = store.write(payload, offset, bytes);
        if (result < 0) {
            request.fail(-result);
        } else {
            request.reply(FuseReplies.written(request.out(), bytes));
        }
    }

    @Override
    public void fsync(FuseRequest request, boolean dataOnly) {
        request.replyResult(store.sync());
    }

    /** A discard or a zeroing of the block layer. */
    @Override
    public void fallocate(FuseRequest request, long offset, long length, int mode) {
        boolean zeros = mode == (FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE)
                || mode == FALLOC_ZERO_RANGE
                || mode == (FALLOC_KEEP_SIZE | FALLOC_ZERO_RANGE);
        request.replyResult(zeros ? store.zero(offset, length) : -Errno.EOPNOTSUPP);
    }
}
