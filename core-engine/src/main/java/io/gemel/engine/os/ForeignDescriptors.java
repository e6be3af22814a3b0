package io.gemel.engine.os;

/** Descriptors that another process has open, taken over by {@code pidfd_getfd(2)}: the same open files, not new ones. */
public final class ForeignDescriptors implements AutoCloseable {

    private final int process;

    private ForeignDescriptors(int process) {
        this.process = process;
    }

    /**
     * Those of a process.
     *
     * @throws IllegalStateException there is no such process
     */
    public static ForeignDescriptors of(long pid) {
        int process = (int) Syscall.call(SyscallNumber.PIDFD_OPEN, pid, 0);
        if (process < 0) {
            throw new IllegalStateException("process " + pid + " cannot be reached: " + Errno.describe(-process));
        }
        return new ForeignDescriptors(process);
    }

    /**
     * A descriptor of this process for what the other one has open under a number.
     *
     * @throws IllegalStateException it has nothing open under it, or it is not this process's to take
     */
    public int take(int number) {
        int taken = (int) Syscall.call(SyscallNumber.PIDFD_GETFD, process, number, 0);
        if (taken < 0) {
            throw new IllegalStateException("descriptor " + number + " cannot be taken: " + Errno.describe(-taken));
        }
        return taken;
    }

    @Override
    public void close() {
        Posix.close(process);
    }
}
