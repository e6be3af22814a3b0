package io.gemel.engine.fuse;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;

/** Takes a request's structure apart and calls the operation; source of the layouts: {@code fuse.h}. */
final class FuseDispatcher {

    private final FuseOperations operations;
    private volatile boolean extendedSetxattr;

    FuseDispatcher(FuseOperations operations) {
        this.operations = operations;
    }

    void extendedSetxattr(boolean negotiated) {
        extendedSetxattr = negotiated;
    }

    void dispatch(FuseRequest r) {
        switch (r.opcode()) {
            case FuseProtocol.READ,
                    FuseProtocol.WRITE,
                    FuseProtocol.FSYNC,
                    FuseProtocol.FALLOCATE,
                    FuseProtocol.LSEEK,
                    FuseProtocol.COPY_FILE_RANGE,
                    FuseProtocol.COPY_FILE_RANGE_64,
                    FuseProtocol.OPEN,
                    FuseProtocol.RELEASE,
                    FuseProtocol.FLUSH,
                    FuseProtocol.CREATE,
                    FuseProtocol.TMPFILE -> file(r);
            case FuseProtocol.SYMLINK,
                    FuseProtocol.MKNOD,
                    FuseProtocol.MKDIR,
                    FuseProtocol.UNLINK,
                    FuseProtocol.RMDIR,
                    FuseProtocol.RENAME,
                    FuseProtocol.RENAME2,
                    FuseProtocol.LINK,
                    FuseProtocol.LOOKUP,
                    FuseProtocol.READLINK -> name(r);
            case FuseProtocol.OPENDIR,
                    FuseProtocol.READDIR,
                    FuseProtocol.READDIRPLUS,
                    FuseProtocol.RELEASEDIR,
                    FuseProtocol.FSYNCDIR -> directory(r);
            default -> attributes(r);
        }
    }

    private void file(FuseRequest r) {
        long b = r.body();
        switch (r.opcode()) {
            case FuseProtocol.READ -> operations.read(r, Memory.getLong(b + 8), Memory.getInt(b + 16));
            case FuseProtocol.WRITE ->
                operations.write(
                        r,
                        Memory.getLong(b + 8),
                        b + FuseProtocol.WRITE_IN_BYTES,
                        Memory.getInt(b + 16),
                        Memory.getInt(b + 20));
            case FuseProtocol.FSYNC -> operations.fsync(r, (Memory.getInt(b + 8) & FuseProtocol.FSYNC_FDATASYNC) != 0);
            case FuseProtocol.FALLOCATE ->
                operations.fallocate(r, Memory.getLong(b + 8), Memory.getLong(b + 16), Memory.getInt(b + 24));
            case FuseProtocol.LSEEK -> operations.lseek(r, Memory.getLong(b + 8), Memory.getInt(b + 16));
            case FuseProtocol.COPY_FILE_RANGE -> copyFileRange(r, b, false);
            case FuseProtocol.COPY_FILE_RANGE_64 -> copyFileRange(r, b, true);
            case FuseProtocol.OPEN -> operations.open(r, Memory.getInt(b));
            case FuseProtocol.RELEASE -> operations.release(r, Memory.getInt(b + 8));
            case FuseProtocol.CREATE ->
                operations.create(r, b + 16, Memory.getInt(b), Memory.getInt(b + 4), Memory.getInt(b + 8));
            case FuseProtocol.TMPFILE ->
                operations.tmpfile(r, Memory.getInt(b), Memory.getInt(b + 4), Memory.getInt(b + 8));
            // Nothing to do at a close: with this answer the kernel never asks again, which saves a round trip a close.
            default -> r.fail(Errno.ENOSYS);
        }
    }

    private void copyFileRange(FuseRequest r, long b, boolean wide) {
        operations.copyFileRange(
                r, Memory.getLong(b + 8), Memory.getLong(b + 16), Memory.getLong(b + 32), Memory.getLong(b + 40), wide);
    }

    private void name(FuseRequest r) {
        long b = r.body();
        switch (r.opcode()) {
            case FuseProtocol.LOOKUP -> operations.lookup(r, b);
            case FuseProtocol.READLINK -> operations.readlink(r);
            case FuseProtocol.SYMLINK -> operations.symlink(r, b, after(b));
            case FuseProtocol.MKNOD ->
                operations.mknod(r, b + 16, Memory.getInt(b), Memory.getInt(b + 4), Memory.getInt(b + 8));
            case FuseProtocol.MKDIR -> operations.mkdir(r, b + 8, Memory.getInt(b), Memory.getInt(b + 4));
            case FuseProtocol.UNLINK -> operations.unlink(r, b);
            case FuseProtocol.RMDIR -> operations.rmdir(r, b);
            case FuseProtocol.RENAME -> operations.rename(r, b + 8, Memory.getLong(b), after(b + 8), 0);
            case FuseProtocol.RENAME2 ->
                operations.rename(r, b + 16, Memory.getLong(b), after(b + 16), Memory.getInt(b + 8));
            default -> operations.link(r, Memory.getLong(b), b + 8);
        }
    }

    /** The string after the string at the address. */
    private static long after(long string) {
        return string + Memory.stringLength(string) + 1;
    }

    private void directory(FuseRequest r) {
        long b = r.body();
        switch (r.opcode()) {
            case FuseProtocol.OPENDIR -> operations.opendir(r, Memory.getInt(b));
            case FuseProtocol.READDIR -> operations.readdir(r, Memory.getLong(b + 8), Memory.getInt(b + 16), false);
            case FuseProtocol.READDIRPLUS -> operations.readdir(r, Memory.getLong(b + 8), Memory.getInt(b + 16), true);
            case FuseProtocol.RELEASEDIR -> operations.releasedir(r);
            default -> operations.fsyncdir(r, (Memory.getInt(b + 8) & FuseProtocol.FSYNC_FDATASYNC) != 0);
        }
    }

    private void attributes(FuseRequest r) {
        long b = r.body();
        switch (r.opcode()) {
            case FuseProtocol.GETATTR -> operations.getattr(r);
            case FuseProtocol.SETATTR -> operations.setattr(r, setAttributes(b));
            case FuseProtocol.STATX -> operations.statx(r, Memory.getInt(b + 20));
            case FuseProtocol.SETXATTR -> setxattr(r, b);
            case FuseProtocol.GETXATTR -> operations.getxattr(r, b + 8, Memory.getInt(b));
            case FuseProtocol.LISTXATTR -> operations.listxattr(r, Memory.getInt(b));
            case FuseProtocol.REMOVEXATTR -> operations.removexattr(r, b);
            case FuseProtocol.STATFS -> operations.statfs(r);
            case FuseProtocol.SYNCFS -> operations.syncfs(r);
            case FuseProtocol.FORGET -> {
                r.noReply();
                operations.forget(r.node(), Memory.getLong(b));
            }
            case FuseProtocol.BATCH_FORGET -> {
                r.noReply();
                int count = Memory.getInt(b);
                for (int i = 0; i < count; i++) {
                    operations.forget(Memory.getLong(b + 8 + 16L * i), Memory.getLong(b + 16 + 16L * i));
                }
            }
            case FuseProtocol.INTERRUPT -> r.noReply();
            case FuseProtocol.DESTROY -> r.reply(0);
            default -> r.fail(Errno.ENOSYS);
        }
    }

    private void setxattr(FuseRequest r, long b) {
        int bytes = Memory.getInt(b);
        long name = b + (extendedSetxattr ? 16 : 8);
        int extra = extendedSetxattr ? Memory.getInt(b + 8) : 0;
        operations.setxattr(r, name, after(name), bytes, Memory.getInt(b + 4), extra);
    }

    private static FuseOperations.SetAttributes setAttributes(long b) {
        return new FuseOperations.SetAttributes(
                Memory.getInt(b),
                Memory.getLong(b + 16),
                Memory.getLong(b + 32),
                Memory.getInt(b + 56),
                Memory.getLong(b + 40),
                Memory.getInt(b + 60),
                Memory.getInt(b + 68),
                Memory.getInt(b + 76),
                Memory.getInt(b + 80));
    }
}
