package io.gemel.engine.lab.torture;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * File calls exactly as the kernel takes and answers them: flags and modes unchanged, a non-negative result or
 * {@code -errno}.
 *
 * <p>A path is a string of ISO 8859-1, each character one byte of the name, so that names that are not UTF-8 survive.
 * Relative paths start at the working directory. One thread uses one instance; data goes through {@link #buffer}.
 */
class Kernel implements AutoCloseable {

    /** Largest read or write; larger than the largest request of FUSE, so that splitting is exercised. */
    static final int BUFFER_BYTES = 2 << 20;

    private static final int PATH_BYTES = 16 << 10;
    private static final int STATX_BASIC_AND_BIRTH = 0xfff;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 4096);
    private final MemorySegment pathOne = arena.allocate(PATH_BYTES, 8);
    private final MemorySegment pathTwo = arena.allocate(PATH_BYTES, 8);
    private final MemorySegment struct = arena.allocate(512, 16);

    /** Memory that reads fill and writes send; page aligned. */
    final MemorySegment buffer() {
        return buffer;
    }

    private static long path(MemorySegment room, String raw) {
        byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(bytes, 0, room, JAVA_BYTE, 0, bytes.length);
        room.set(JAVA_BYTE, bytes.length, (byte) 0);
        return room.address();
    }

    final long one(String raw) {
        return path(pathOne, raw);
    }

    final long two(String raw) {
        return path(pathTwo, raw);
    }

    /** A zeroed structure of the kernel's, for the next call only. */
    final MemorySegment struct() {
        return struct.fill((byte) 0);
    }

    final long open(String path, int flags, int mode) {
        return openAt(Abi.AT_FDCWD, path, flags, mode);
    }

    final long openAt(int directory, String path, int flags, int mode) {
        return Syscall.call(SyscallNumber.OPENAT, directory, one(path), flags | Abi.O_CLOEXEC, mode);
    }

    final long close(int fd) {
        return Syscall.call(SyscallNumber.CLOSE, fd);
    }

    final long read(int fd, int length) {
        return Syscall.call(SyscallNumber.READ, fd, buffer.address(), length);
    }

    final long pread(int fd, int length, long offset) {
        return Syscall.call(SyscallNumber.PREAD64, fd, buffer.address(), length, offset);
    }

    long write(int fd, int length) {
        return Syscall.call(SyscallNumber.WRITE, fd, buffer.address(), length);
    }

    long pwrite(int fd, int length, long offset) {
        return Syscall.call(SyscallNumber.PWRITE64, fd, buffer.address(), length, offset);
    }

    /** Writes the buffer's first {@code length} bytes as two pieces in one call. */
    final long writev(int fd, int length, int firstPiece) {
        MemorySegment vector = struct();
        vector.set(JAVA_LONG, 0, buffer.address());
        vector.set(JAVA_LONG, 8, firstPiece);
        vector.set(JAVA_LONG, 16, buffer.address() + firstPiece);
        vector.set(JAVA_LONG, 24, (long) length - firstPiece);
        return Syscall.call(Abi.SYS_WRITEV, fd, vector.address(), 2);
    }

    final long lseek(int fd, long offset, int whence) {
        return Syscall.call(SyscallNumber.LSEEK, fd, offset, whence);
    }

    long ftruncate(int fd, long size) {
        return Syscall.call(SyscallNumber.FTRUNCATE, fd, size);
    }

    final long truncate(String path, long size) {
        return Syscall.call(Abi.SYS_TRUNCATE, one(path), size);
    }

    long fallocate(int fd, int mode, long offset, long length) {
        return Syscall.call(SyscallNumber.FALLOCATE, fd, mode, offset, length);
    }

    /** Copies between two descriptors; an offset of -1 uses and moves the descriptor's own position. */
    final long copyFileRange(int from, long fromOffset, int to, long toOffset, long length) {
        MemorySegment offsets = struct();
        offsets.set(JAVA_LONG, 0, fromOffset);
        offsets.set(JAVA_LONG, 8, toOffset);
        return Syscall.call(
                SyscallNumber.COPY_FILE_RANGE,
                from,
                fromOffset < 0 ? 0 : offsets.address(),
                to,
                toOffset < 0 ? 0 : offsets.address() + 8,
                length,
                0);
    }

    final long mmap(int fd, long length, int protection, int flags, long offset) {
        return Syscall.call(SyscallNumber.MMAP, 0, length, protection, flags, fd, offset);
    }

    final long mkdir(String path, int mode) {
        return Syscall.call(SyscallNumber.MKDIRAT, Abi.AT_FDCWD, one(path), mode);
    }

    final long unlink(String path, int flags) {
        return Syscall.call(SyscallNumber.UNLINKAT, Abi.AT_FDCWD, one(path), flags);
    }

    final long mknod(String path, int mode, int major, int minor) {
        long device = (minor & 0xff) | ((long) major << 8) | ((minor & 0xfff00L) << 12);
        return Syscall.call(SyscallNumber.MKNODAT, Abi.AT_FDCWD, one(path), mode, device);
    }

    final long symlink(String target, String path) {
        return Syscall.call(SyscallNumber.SYMLINKAT, two(target), Abi.AT_FDCWD, one(path));
    }

    /** Reads a link into the buffer. */
    final long readlink(int directory, String path) {
        return Syscall.call(SyscallNumber.READLINKAT, directory, one(path), buffer.address(), PATH_BYTES);
    }

    final long link(String from, String to, int flags) {
        return Syscall.call(SyscallNumber.LINKAT, Abi.AT_FDCWD, one(from), Abi.AT_FDCWD, two(to), flags);
    }

    final long rename(String from, String to, int flags) {
        return Syscall.call(SyscallNumber.RENAMEAT2, Abi.AT_FDCWD, one(from), Abi.AT_FDCWD, two(to), flags);
    }

    /** Lists a directory's next entries into the buffer. */
    final long getdents(int fd, int bytes) {
        return Syscall.call(SyscallNumber.GETDENTS64, fd, buffer.address(), bytes);
    }

    final long fcntl(int fd, int command, long argument) {
        return Syscall.call(SyscallNumber.FCNTL, fd, command, argument);
    }

    /** Asks for a lock of the open file description, without waiting. */
    final long recordLock(int fd, int type, long start, long length) {
        MemorySegment lock = struct();
        lock.set(JAVA_SHORT, 0, (short) type);
        lock.set(JAVA_LONG, 8, start);
        lock.set(JAVA_LONG, 16, length);
        return fcntl(fd, Abi.F_OFD_SETLK, lock.address());
    }

    /** Sets times, a pair of seconds and nanoseconds each; a null path means the descriptor itself. */
    final long utimens(int fd, String path, long[] times, int flags) {
        MemorySegment timespecs = struct();
        for (int i = 0; i < 4; i++) {
            timespecs.set(JAVA_LONG, 8L * i, times[i]);
        }
        return Syscall.call(SyscallNumber.UTIMENSAT, fd, path == null ? 0 : one(path), timespecs.address(), flags);
    }

    long setxattr(Target target, int fd, String name, int length, int flags) {
        if (target.isSlot()) {
            return Syscall.call(SyscallNumber.FSETXATTR, fd, two(name), buffer.address(), length, flags);
        }
        long number = target.follow() ? SyscallNumber.SETXATTR : SyscallNumber.LSETXATTR;
        return Syscall.call(number, one(target.path()), two(name), buffer.address(), length, flags);
    }

    final long getxattr(Target target, int fd, String name, int room) {
        if (target.isSlot()) {
            return Syscall.call(SyscallNumber.FGETXATTR, fd, two(name), buffer.address(), room);
        }
        long number = target.follow() ? SyscallNumber.GETXATTR : SyscallNumber.LGETXATTR;
        return Syscall.call(number, one(target.path()), two(name), buffer.address(), room);
    }

    final long listxattr(Target target, int fd, int room) {
        if (target.isSlot()) {
            return Syscall.call(SyscallNumber.FLISTXATTR, fd, buffer.address(), room);
        }
        long number = target.follow() ? SyscallNumber.LISTXATTR : SyscallNumber.LLISTXATTR;
        return Syscall.call(number, one(target.path()), buffer.address(), room);
    }

    final long removexattr(Target target, int fd, String name) {
        if (target.isSlot()) {
            return Syscall.call(SyscallNumber.FREMOVEXATTR, fd, two(name));
        }
        long number = target.follow() ? SyscallNumber.REMOVEXATTR : SyscallNumber.LREMOVEXATTR;
        return Syscall.call(number, one(target.path()), two(name));
    }

    /** Runs {@code statx}; the answer is read with {@link #stat()} when the result is 0. */
    final long statx(int directory, String path, int flags) {
        return Syscall.call(
                SyscallNumber.STATX, directory, one(path), flags, STATX_BASIC_AND_BIRTH, struct().address(), 0);
    }

    /** What the last successful {@link #statx} found. */
    final Stat stat() {
        return new Stat(
                Short.toUnsignedInt(struct.get(JAVA_SHORT, 28)),
                Integer.toUnsignedLong(struct.get(JAVA_INT, 16)),
                struct.get(JAVA_INT, 20),
                struct.get(JAVA_INT, 24),
                struct.get(JAVA_LONG, 40),
                struct.get(JAVA_LONG, 32),
                ((long) struct.get(JAVA_INT, 136) << 32) | struct.get(JAVA_INT, 140),
                struct.get(JAVA_INT, 128),
                struct.get(JAVA_INT, 132),
                struct.get(JAVA_LONG, 64),
                struct.get(JAVA_INT, 72),
                struct.get(JAVA_LONG, 112),
                struct.get(JAVA_INT, 120));
    }

    /** The buffer's first bytes as a raw name. */
    final String text(long length) {
        byte[] bytes = buffer.asSlice(0, length).toArray(JAVA_BYTE);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        arena.close();
    }
}
