package io.gemel.engine.os;

import java.nio.charset.StandardCharsets;

/**
 * File calls of Linux. Names are addresses of NUL-terminated bytes, because names are bytes, not text. Every call
 * answers as the kernel does: a result of 0 or more, or {@code -errno}.
 */
public final class Posix {

    public static final int AT_FDCWD = -100;
    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    public static final int AT_REMOVEDIR = 0x200;
    public static final int AT_SYMLINK_FOLLOW = 0x400;
    public static final int AT_EMPTY_PATH = 0x1000;
    /** Of statx(2): asks the file system, whatever the kernel remembers. */
    public static final int AT_STATX_FORCE_SYNC = 0x2000;

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_TRUNC = 0x200;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DIRECTORY = 0x10000;
    public static final int O_NOFOLLOW = 0x20000;
    public static final int O_NOATIME = 0x40000;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;
    public static final int O_TMPFILE = 0x410000;

    public static final int SEEK_SET = 0;
    public static final int SEEK_END = 2;
    public static final int SEEK_DATA = 3;
    public static final int SEEK_HOLE = 4;

    /** Nanoseconds that leave a time as it is, {@code UTIME_OMIT}. */
    public static final int UTIME_OMIT = (1 << 30) - 2;

    /** Nanoseconds that stand for the present, {@code UTIME_NOW}. */
    public static final int UTIME_NOW = (1 << 30) - 1;

    /** Largest file handle of Linux, {@code MAX_HANDLE_SZ}. */
    public static final int MAX_HANDLE_BYTES = 128;

    /** Flag of an inode whose content is written in place, {@code FS_NOCOW_FL}. */
    public static final int FS_NOCOW = 0x00800000;

    private static final long FICLONE = 0x40049409L;
    private static final long FS_IOC_GETFLAGS = 0x80086601L;
    private static final long FS_IOC_SETFLAGS = 0x40086602L;
    private static final int STATX_ALL = 0xfff;
    private static final int HANDLE_HEADER_BYTES = 8;

    /** An empty name, for calls with {@link #AT_EMPTY_PATH}. */
    public static final long EMPTY = emptyName();

    private Posix() {}

    private static long emptyName() {
        long address = Memory.allocateResident(Memory.PAGE_BYTES);
        Memory.putByte(address, (byte) 0);
        return address;
    }

    /** Puts a path into the calling thread's scratch memory; good until the thread's next call of this kind. */
    public static long scratchPath(byte[] path) {
        long address = Scratch.get().string;
        if (path.length >= Scratch.BYTES / 2) {
            throw new IllegalArgumentException("path of " + path.length + " bytes");
        }
        Memory.copy(path, address);
        Memory.putByte(address + path.length, (byte) 0);
        return address;
    }

    public static long scratchPath(String path) {
        return scratchPath(path.getBytes(StandardCharsets.UTF_8));
    }

    /** The path of an open descriptor's file through {@code /proc}, for calls that know no {@link #AT_EMPTY_PATH}. */
    public static long procPath(int fd) {
        return scratchPath("/proc/self/fd/" + fd);
    }

    public static int openat(int dir, long name, int flags, int mode) {
        return (int) Syscall.call(SyscallNumber.OPENAT, dir, name, flags | O_CLOEXEC, mode);
    }

    public static int open(String path, int flags) {
        return openat(AT_FDCWD, scratchPath(path), flags, 0);
    }

    public static int close(int fd) {
        return (int) Syscall.call(SyscallNumber.CLOSE, fd);
    }

    public static long pread(int fd, long buffer, long bytes, long offset) {
        return Syscall.call(SyscallNumber.PREAD64, fd, buffer, bytes, offset);
    }

    /** Continues short writes; answers fewer bytes than asked only when the kernel refused the rest. */
    public static long pwriteFully(int fd, long buffer, long bytes, long offset) {
        long done = 0;
        while (done < bytes) {
            long n = Syscall.call(SyscallNumber.PWRITE64, fd, buffer + done, bytes - done, offset + done);
            if (n == -Errno.EINTR) {
                continue;
            }
            if (n <= 0) {
                return done > 0 ? done : n;
            }
            done += n;
        }
        return done;
    }

    public static long read(int fd, long buffer, long bytes) {
        return Syscall.call(SyscallNumber.READ, fd, buffer, bytes);
    }

    public static long write(int fd, long buffer, long bytes) {
        return Syscall.call(SyscallNumber.WRITE, fd, buffer, bytes);
    }

    public static long lseek(int fd, long offset, int whence) {
        return Syscall.call(SyscallNumber.LSEEK, fd, offset, whence);
    }

    public static int fsync(int fd) {
        return (int) Syscall.call(SyscallNumber.FSYNC, fd);
    }

    public static int fdatasync(int fd) {
        return (int) Syscall.call(SyscallNumber.FDATASYNC, fd);
    }

    public static int syncfs(int fd) {
        return (int) Syscall.call(SyscallNumber.SYNCFS, fd);
    }

    public static int ftruncate(int fd, long size) {
        return (int) Syscall.call(SyscallNumber.FTRUNCATE, fd, size);
    }

    public static int fallocate(int fd, int mode, long offset, long length) {
        return (int) Syscall.call(SyscallNumber.FALLOCATE, fd, mode, offset, length);
    }

    /** Copies within one file system; both offsets are explicit. */
    public static long copyFileRange(int in, long inOffset, int out, long outOffset, long bytes) {
        long offsets = Scratch.get().structure;
        Memory.putLong(offsets, inOffset);
        Memory.putLong(offsets + 8, outOffset);
        return Syscall.call(SyscallNumber.COPY_FILE_RANGE, in, offsets, out, offsets + 8, bytes, 0);
    }

    public static int statx(int dir, long name, int flags, FileStatus into) {
        long buffer = Scratch.get().structure;
        int result = (int) Syscall.call(SyscallNumber.STATX, dir, name, flags, STATX_ALL, buffer);
        if (result == 0) {
            into.readFrom(buffer);
        }
        return result;
    }

    public static int fstat(int fd, FileStatus into) {
        return statx(fd, EMPTY, AT_EMPTY_PATH, into);
    }

    /** Attributes of a directory entry, links not followed. */
    public static int lstatat(int dir, long name, FileStatus into) {
        return statx(dir, name, AT_SYMLINK_NOFOLLOW, into);
    }

    public static int mkdirat(int dir, long name, int mode) {
        return (int) Syscall.call(SyscallNumber.MKDIRAT, dir, name, mode);
    }

    public static int mknodat(int dir, long name, int mode, int device) {
        return (int) Syscall.call(SyscallNumber.MKNODAT, dir, name, mode, device & 0xffffffffL);
    }

    public static int symlinkat(long target, int dir, long name) {
        return (int) Syscall.call(SyscallNumber.SYMLINKAT, target, dir, name);
    }

    public static int readlinkat(int dir, long name, long buffer, int bytes) {
        return (int) Syscall.call(SyscallNumber.READLINKAT, dir, name, buffer, bytes);
    }

    public static int unlinkat(int dir, long name, int flags) {
        return (int) Syscall.call(SyscallNumber.UNLINKAT, dir, name, flags);
    }

    public static int linkat(int fromDir, long from, int toDir, long to, int flags) {
        return (int) Syscall.call(SyscallNumber.LINKAT, fromDir, from, toDir, to, flags);
    }

    public static int renameat2(int fromDir, long from, int toDir, long to, int flags) {
        return (int) Syscall.call(SyscallNumber.RENAMEAT2, fromDir, from, toDir, to, flags);
    }

    /** Changes owner and group of the file behind a descriptor, O_PATH included; -1 leaves one as it is. */
    public static int chown(int fd, int uid, int gid) {
        return (int)
                Syscall.call(SyscallNumber.FCHOWNAT, fd, EMPTY, uid & 0xffffffffL, gid & 0xffffffffL, AT_EMPTY_PATH);
    }

    /** Changes the permissions of the file behind a descriptor, O_PATH included. */
    public static int chmod(int fd, int mode) {
        int result = (int) Syscall.call(SyscallNumber.FCHMOD, fd, mode);
        return result == -Errno.EBADF
                ? (int) Syscall.call(SyscallNumber.FCHMODAT, AT_FDCWD, procPath(fd), mode)
                : result;
    }

    /** Sets times of the file behind a descriptor, O_PATH included; see {@link #UTIME_OMIT}. */
    public static int utimens(int fd, long accessSeconds, int accessNanos, long modifySeconds, int modifyNanos) {
        long times = Scratch.get().structure;
        Memory.putLong(times, accessSeconds);
        Memory.putLong(times + 8, accessNanos);
        Memory.putLong(times + 16, modifySeconds);
        Memory.putLong(times + 24, modifyNanos);
        return (int) Syscall.call(SyscallNumber.UTIMENSAT, fd, EMPTY, times, AT_EMPTY_PATH);
    }

    /** Reads the file handle of a directory entry (links not followed), or null with no such entry or no handles. */
    public static byte[] handleAt(int dir, long name) {
        return handle(dir, name, 0);
    }

    /** Reads the file handle of the file behind a descriptor, or null. */
    public static byte[] handleOf(int fd) {
        return handle(fd, EMPTY, AT_EMPTY_PATH);
    }

    /** The handle is kept with its type in the first four bytes, as {@link #openByHandle} wants it. */
    private static byte[] handle(int dir, long name, int flags) {
        long struct = Scratch.get().structure;
        Memory.putInt(struct, MAX_HANDLE_BYTES);
        long result = Syscall.call(SyscallNumber.NAME_TO_HANDLE_AT, dir, name, struct, struct + 512, flags);
        if (result < 0) {
            return null;
        }
        return Memory.bytes(struct + 4, 4 + Memory.getInt(struct));
    }

    /** Opens a file by a handle of {@link #handleAt}; {@code -ESTALE} when it is gone. */
    public static int openByHandle(int mount, byte[] handle, int flags) {
        long struct = Scratch.get().structure;
        Memory.putInt(struct, handle.length - 4);
        Memory.copy(handle, struct + HANDLE_HEADER_BYTES - 4);
        return (int) Syscall.call(SyscallNumber.OPEN_BY_HANDLE_AT, mount, struct, flags | O_CLOEXEC);
    }

    public static int getdents(int fd, long buffer, int bytes) {
        return (int) Syscall.call(SyscallNumber.GETDENTS64, fd, buffer, bytes);
    }

    /** Extended attributes of links and special files, which are only reached by O_PATH, go by the path in {@code /proc}. */
    public static long setxattr(int fd, long name, long value, long bytes, int flags) {
        long result = Syscall.call(SyscallNumber.FSETXATTR, fd, name, value, bytes, flags);
        return result == -Errno.EBADF
                ? Syscall.call(SyscallNumber.SETXATTR, procPath(fd), name, value, bytes, flags)
                : result;
    }

    public static long getxattr(int fd, long name, long value, long bytes) {
        long result = Syscall.call(SyscallNumber.FGETXATTR, fd, name, value, bytes);
        return result == -Errno.EBADF ? Syscall.call(SyscallNumber.GETXATTR, procPath(fd), name, value, bytes) : result;
    }

    public static long listxattr(int fd, long list, long bytes) {
        long result = Syscall.call(SyscallNumber.FLISTXATTR, fd, list, bytes);
        return result == -Errno.EBADF ? Syscall.call(SyscallNumber.LISTXATTR, procPath(fd), list, bytes) : result;
    }

    public static long removexattr(int fd, long name) {
        long result = Syscall.call(SyscallNumber.FREMOVEXATTR, fd, name);
        return result == -Errno.EBADF ? Syscall.call(SyscallNumber.REMOVEXATTR, procPath(fd), name) : result;
    }

    /**
     * Makes a file share all blocks of another one of its file system, {@code FICLONE} of {@code linux/fs.h}; what
     * either gets afterwards is its own.
     */
    public static int clone(int from, int to) {
        return (int) Syscall.call(SyscallNumber.IOCTL, to, FICLONE, from);
    }

    /** The flags of an inode, {@code FS_IOC_GETFLAGS} of {@code linux/fs.h}; 0 where there are none. */
    public static int inodeFlags(int fd) {
        long flags = Scratch.get().structure;
        Memory.putLong(flags, 0);
        return Syscall.call(SyscallNumber.IOCTL, fd, FS_IOC_GETFLAGS, flags) < 0 ? 0 : Memory.getInt(flags);
    }

    /** Sets the flags of an inode, {@code FS_IOC_SETFLAGS}. */
    public static int setInodeFlags(int fd, int flags) {
        long address = Scratch.get().structure;
        Memory.putLong(address, flags);
        return (int) Syscall.call(SyscallNumber.IOCTL, fd, FS_IOC_SETFLAGS, address);
    }

    public static int fstatfs(int fd, long buffer) {
        return (int) Syscall.call(SyscallNumber.FSTATFS, fd, buffer);
    }
}
