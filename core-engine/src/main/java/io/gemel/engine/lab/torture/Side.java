package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.protocol.model.Problem;
import java.util.Arrays;
import java.util.Optional;

/**
 * One of the two directories that are compared, with the descriptors that the operations have opened in it.
 *
 * <p>The operations use paths relative to the working directory, so that {@link #enter} must come first.
 */
final class Side implements AutoCloseable {

    /** Descriptors that one worker keeps open. */
    static final int SLOTS = 24;

    private final String label;
    private final Kernel kernel;
    private final int rootFd;
    private final int[] slots = new int[SLOTS];

    /**
     * @param label how reports name the side
     * @param directory absolute path of the directory
     */
    Side(String label, Kernel kernel, String directory) {
        this.label = label;
        this.kernel = kernel;
        long fd = kernel.open(directory, Abi.O_RDONLY | Abi.O_DIRECTORY, 0);
        if (fd < 0) {
            throw new Problem(
                    "Cannot open " + directory + ": " + Outcome.text(fd), "Give a directory that exists and try again");
        }
        this.rootFd = (int) fd;
        Arrays.fill(slots, -1);
    }

    String label() {
        return label;
    }

    Kernel kernel() {
        return kernel;
    }

    int rootFd() {
        return rootFd;
    }

    /** Makes the directory the working directory of the process. */
    void enter() {
        long result = Syscall.call(Abi.SYS_FCHDIR, rootFd);
        if (result < 0) {
            throw new Problem(
                    "Cannot enter the directory of side " + label + ": " + Outcome.text(result),
                    "See whether its file system is still mounted");
        }
    }

    /** The descriptor in a slot, or -1, which every call answers with EBADF. */
    int fd(int slot) {
        return slots[slot];
    }

    /** The descriptor that a target means; the working directory for a path. */
    int fd(Target target) {
        return target.isSlot() ? slots[target.slot()] : Abi.AT_FDCWD;
    }

    /** Puts a fresh descriptor into a slot and closes the one before. */
    void put(int slot, int fd) {
        if (slots[slot] >= 0) {
            kernel.close(slots[slot]);
        }
        slots[slot] = fd;
    }

    /** Closes a slot's descriptor. */
    long closeSlot(int slot) {
        int fd = slots[slot];
        slots[slot] = -1;
        return kernel.close(fd);
    }

    /** What the path or slot is now; empty when it cannot be said, with the error in the kernel's answer. */
    Optional<Stat> stat(Target target) {
        return statResult(target) < 0 ? Optional.empty() : Optional.of(kernel.stat());
    }

    /** Runs statx on the target and returns the call's result. */
    long statResult(Target target) {
        return target.isSlot()
                ? kernel.statx(fd(target), "", Abi.AT_EMPTY_PATH)
                : kernel.statx(Abi.AT_FDCWD, target.path(), target.noFollowFlag());
    }

    @Override
    public void close() {
        for (int slot = 0; slot < SLOTS; slot++) {
            put(slot, -1);
        }
        kernel.close(rootFd);
        kernel.close();
    }
}
