package io.gemel.engine.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** A descriptor of one process, which is readable once that ended; pidfd_open(2). Never means another process. */
public final class PidDescriptor implements AutoCloseable {

    /** {@code struct pollfd}: int descriptor, short wanted, short seen. */
    private static final int POLLFD_BYTES = 8;

    private static final short POLLIN = 1;

    /** So long a wait goes unseen by an interrupt. */
    private static final long SLICE_MS = 200;

    private final int fd;

    private PidDescriptor(int fd) {
        this.fd = fd;
    }

    /** Of a process that lives; empty when there is none of this number. */
    public static Optional<PidDescriptor> open(long pid) {
        long result = Syscall.call(SyscallNumber.PIDFD_OPEN, pid, 0);
        return result < 0 ? Optional.empty() : Optional.of(new PidDescriptor((int) result));
    }

    /** Whether the process ended, be it that nobody has waited for it. */
    public boolean hasEnded() {
        return poll(List.of(this), 0);
    }

    /**
     * Waits until one of the processes ended, at most for so long.
     *
     * @throws InterruptedException when the thread is interrupted, which is noticed a little late
     */
    public static void awaitAnyEnd(List<PidDescriptor> descriptors, long ms) throws InterruptedException {
        long endNs = System.nanoTime() + ms * 1_000_000;
        while (true) {
            long leftMs = (endNs - System.nanoTime()) / 1_000_000;
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (leftMs <= 0 || poll(descriptors, (int) Math.min(leftMs, SLICE_MS))) {
                return;
            }
        }
    }

    private static boolean poll(List<PidDescriptor> descriptors, int timeoutMs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate((long) POLLFD_BYTES * descriptors.size(), Long.BYTES);
            for (int i = 0; i < descriptors.size(); i++) {
                memory.set(ValueLayout.JAVA_INT, (long) POLLFD_BYTES * i, descriptors.get(i).fd);
                memory.set(ValueLayout.JAVA_SHORT, (long) POLLFD_BYTES * i + 4, POLLIN);
            }
            return Syscall.call(SyscallNumber.POLL, memory.address(), descriptors.size(), timeoutMs) > 0;
        }
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
