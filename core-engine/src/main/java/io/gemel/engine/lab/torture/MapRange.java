package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.util.List;

/**
 * Maps a range of a slot's file, loads and stores through the mapping, mixed with calls on the descriptor.
 *
 * <p>The bytes go between the mapping and the tester through a file in memory, by the kernel, so that touching a page
 * that is not there is an error to compare and not a signal. The mapping ends with the operation: what was stored and
 * not yet written back is not visible to a FUSE server, see {@link Exclusions#STORES_NOT_WRITTEN_BACK}.
 *
 * @param offset start of the range in bytes, a multiple of the page size
 * @param steps a sum of the STEP_ constants
 */
record MapRange(int slot, long offset, int length, boolean shared, int steps, long seed) implements Operation {

    static final int STEP_LOAD = 1;
    static final int STEP_STORE = 2;
    static final int STEP_READ_AFTER_STORE = 4;
    static final int STEP_WRITE_THEN_LOAD = 8;
    static final int STEP_SYNC = 16;
    static final int ALL_STEPS = 31;

    @Override
    public Outcome on(Side side) {
        Kernel kernel = side.kernel();
        int fd = side.fd(slot);
        long size = side.stat(Target.slot(slot)).map(Stat::size).orElse(0L);
        int protection = (steps & STEP_STORE) != 0 ? Abi.PROT_READ_WRITE : Abi.PROT_READ;
        long address = kernel.mmap(fd, length, protection, shared ? Abi.MAP_SHARED : Abi.MAP_PRIVATE, offset);
        if (address < 0) {
            return Outcome.of(address);
        }
        long carrier = Syscall.call(Abi.SYS_MEMFD_CREATE, kernel.one("carrier"), 0);
        try {
            int inFile = Math.clamp(size - offset, 0, length);
            return steps(kernel, fd, (int) carrier, address, inFile);
        } finally {
            kernel.close((int) carrier);
            Syscall.call(SyscallNumber.MUNMAP, address, length);
        }
    }

    /** Whether it may allocate blocks, see {@link Exclusions#MAPPED_HOLES}. */
    boolean storesToFile() {
        return shared && (steps & STEP_STORE) != 0;
    }

    private Outcome steps(Kernel kernel, int fd, int carrier, long address, int inFile) {
        StringBuilder seen = new StringBuilder();
        if ((steps & STEP_LOAD) != 0) {
            seen.append(" load=").append(load(kernel, carrier, address, length));
        }
        if ((steps & STEP_STORE) != 0 && inFile > 0) {
            Operation.fill(kernel, inFile, seed);
            kernel.pwrite(carrier, inFile, 0);
            seen.append(" store=")
                    .append(Outcome.text(Syscall.call(SyscallNumber.PREAD64, carrier, address, inFile, 0)));
        }
        if ((steps & STEP_READ_AFTER_STORE) != 0 && inFile > 0) {
            long got = kernel.pread(fd, inFile, offset);
            seen.append(" read=").append(got < 0 ? Outcome.text(got) : Outcome.checksum(kernel.buffer(), got));
        }
        if ((steps & STEP_WRITE_THEN_LOAD) != 0 && inFile > 0) {
            Operation.fill(kernel, inFile, seed + 2);
            seen.append(" write=").append(Outcome.text(kernel.pwrite(fd, inFile, offset)));
            seen.append(" load=").append(load(kernel, carrier, address, inFile));
        }
        if ((steps & STEP_SYNC) != 0) {
            seen.append(" msync=").append(Outcome.text(Syscall.call(Abi.SYS_MSYNC, address, length, Abi.MS_SYNC)));
        }
        return new Outcome(0, seen.toString().trim());
    }

    private static String load(Kernel kernel, int carrier, long address, int bytes) {
        long loaded = Syscall.call(SyscallNumber.PWRITE64, carrier, address, bytes, 0);
        if (loaded < 0) {
            return Outcome.text(loaded);
        }
        long got = kernel.pread(carrier, (int) loaded, 0);
        return loaded + ":" + Outcome.checksum(kernel.buffer(), got);
    }

    @Override
    public List<Target> touched() {
        return List.of(Target.slot(slot));
    }
}
