package io.gemel.engine.fuse;

/**
 * What a file system does for the kernel: one method an opcode, its structure taken apart. Names are addresses of
 * NUL-terminated bytes in the request's buffer, good until the method returns.
 *
 * <p>Each method must answer its request exactly once, now or later: {@link FuseRequest#reply}, {@link
 * FuseRequest#fail} or {@link FuseRequest#defer}; the forget methods must not. A thrown exception is logged and answered
 * with EIO.
 */
public interface FuseOperations {

    /** Called on each worker's thread before its first request. */
    void workerStarted();

    /** Called on each worker's thread after its last request. */
    default void workerEnded() {}

    /** A request got to a point on its way; for tests. */
    default void passes(int opcode, CrashPoint point) {}

    void lookup(FuseRequest request, long name);

    void forget(long node, long lookups);

    void getattr(FuseRequest request);

    void setattr(FuseRequest request, SetAttributes change);

    void readlink(FuseRequest request);

    void symlink(FuseRequest request, long name, long target);

    void mknod(FuseRequest request, long name, int mode, int device, int umask);

    void mkdir(FuseRequest request, long name, int mode, int umask);

    void unlink(FuseRequest request, long name);

    void rmdir(FuseRequest request, long name);

    void rename(FuseRequest request, long name, long newDirectory, long newName, int flags);

    void link(FuseRequest request, long existing, long name);

    void open(FuseRequest request, int flags);

    void read(FuseRequest request, long offset, int bytes);

    /** The payload is page-aligned; {@link FuseRequest#roomBefore} bytes before it may be overwritten. */
    void write(FuseRequest request, long offset, long payload, int bytes, int writeFlags);

    void statfs(FuseRequest request);

    void release(FuseRequest request, int flags);

    void fsync(FuseRequest request, boolean dataOnly);

    void setxattr(FuseRequest request, long name, long value, int bytes, int flags, int extraFlags);

    void getxattr(FuseRequest request, long name, int room);

    void listxattr(FuseRequest request, int room);

    void removexattr(FuseRequest request, long name);

    void opendir(FuseRequest request, int flags);

    void readdir(FuseRequest request, long offset, int room, boolean plus);

    void releasedir(FuseRequest request);

    void fsyncdir(FuseRequest request, boolean dataOnly);

    void create(FuseRequest request, long name, int flags, int mode, int umask);

    void tmpfile(FuseRequest request, int flags, int mode, int umask);

    void fallocate(FuseRequest request, long offset, long length, int mode);

    void lseek(FuseRequest request, long offset, int whence);

    /** @param wide whether the reply is a 64-bit count (COPY_FILE_RANGE_64) */
    void copyFileRange(FuseRequest request, long offset, long toNode, long toOffset, long bytes, boolean wide);

    void syncfs(FuseRequest request);

    void statx(FuseRequest request, int mask);

    /** The kernel's {@code fuse_setattr_in}; fields are meaningful where {@code valid} says so. */
    record SetAttributes(
            int valid,
            long size,
            long accessSeconds,
            int accessNanos,
            long modifySeconds,
            int modifyNanos,
            int mode,
            int uid,
            int gid) {

        public boolean has(int bit) {
            return (valid & bit) != 0;
        }
    }
}
