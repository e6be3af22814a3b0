package io.gemel.engine.os;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Native memory by address, in the machine's byte order, and memory that stays resident.
 *
 * <p>Addresses are plain longs because they go to the kernel as they are; who holds an address keeps its memory alive.
 */
public final class Memory {

    /** Bytes of a page. */
    public static final int PAGE_BYTES = 4096;

    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_POPULATED = 0x8001;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_POPULATE_WRITE = 23;

    private Memory() {}

    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    public static short getShort(long address) {
        return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address);
    }

    public static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    public static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    public static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    public static void putShort(long address, short value) {
        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, address, value);
    }

    public static void putInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    public static void putLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    public static void copy(byte[] from, long to) {
        MemorySegment.copy(from, 0, ALL, ValueLayout.JAVA_BYTE, to, from.length);
    }

    public static byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, bytes, 0, length);
        return bytes;
    }

    public static void zero(long address, long bytes) {
        ALL.asSlice(address, bytes).fill((byte) 0);
    }

    /** Length of the NUL-terminated string at the address, not counting the NUL. */
    public static int stringLength(long address) {
        int length = 0;
        while (getByte(address + length) != 0) {
            length++;
        }
        return length;
    }

    /** The address of a direct buffer's first byte (its index 0, whatever its position). */
    public static long addressOf(ByteBuffer direct) {
        return MemorySegment.ofBuffer(direct.duplicate().clear()).address();
    }

    /** A direct, little-endian view of native memory that is never freed. */
    public static ByteBuffer view(long address, int bytes) {
        return ALL.asSlice(address, bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Page-aligned memory that is present and locked: the kernel can copy into it at any moment, also while this process
     * is being killed. It lives as long as the process or until {@link #free}.
     *
     * @throws IllegalStateException the memory cannot be had or cannot be locked
     */
    public static long allocateResident(long bytes) {
        long address = Syscall.call(SyscallNumber.MMAP, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (isFailure(address)) {
            throw new IllegalStateException(
                    "no memory for a buffer of " + bytes + " bytes: " + Errno.describe((int) -address));
        }
        long locked = Syscall.call(SyscallNumber.MLOCK, address, bytes);
        long present = locked < 0 ? locked : Syscall.call(SyscallNumber.MADVISE, address, bytes, MADV_POPULATE_WRITE);
        if (present < 0) {
            free(address, bytes);
            throw new IllegalStateException("a buffer of " + bytes + " bytes cannot be locked in memory: "
                    + Errno.describe((int) -present) + "; raise the limit of locked memory (ulimit -l)");
        }
        return address;
    }

    /**
     * The first bytes of a file as memory, present and locked: what is written there is in the file, whatever becomes of
     * this process. It stays until {@link #free}.
     *
     * @throws IllegalStateException the file cannot be mapped or the memory cannot be locked
     */
    public static long mapShared(int fd, long bytes) {
        long address = Syscall.call(SyscallNumber.MMAP, 0, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATED, fd, 0);
        long locked = isFailure(address) ? address : Syscall.call(SyscallNumber.MLOCK, address, bytes);
        if (locked < 0 && locked > -PAGE_BYTES) {
            throw new IllegalStateException(
                    "a file of " + bytes + " bytes cannot be mapped and locked: " + Errno.describe((int) -locked));
        }
        return address;
    }

    private static boolean isFailure(long address) {
        return address < 0 && address > -PAGE_BYTES;
    }

    /** What this thread writes from now on is not seen before what it has written. */
    public static void inOrder() {
        VarHandle.releaseFence();
    }

    /** Gives memory of {@link #allocateResident} or {@link #mapShared} back. */
    public static void free(long address, long bytes) {
        Syscall.call(SyscallNumber.MUNMAP, address, bytes);
    }
}
