package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.util.List;

/** Operations on the contents of files. */
sealed interface DataOperation extends Operation {

    /** Reads at the slot's own position, or at an offset when that is not negative. */
    record Read(int slot, long offset, int length) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            int fd = side.fd(slot);
            long result = offset < 0 ? kernel.read(fd, length) : kernel.pread(fd, length, offset);
            return result < 0
                    ? Outcome.of(result)
                    : new Outcome(result, Outcome.checksum(kernel.buffer(), Math.min(result, Kernel.BUFFER_BYTES)));
        }
    }

    /** Writes at the slot's own position, or at an offset when that is not negative. */
    record Write(int slot, long offset, int length, long seed) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            Operation.fill(kernel, length, seed);
            int fd = side.fd(slot);
            return Outcome.of(offset < 0 ? kernel.write(fd, length) : kernel.pwrite(fd, length, offset));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.slot(slot));
        }
    }

    /** Writes two pieces at the slot's own position in one call. */
    record WriteTwoPieces(int slot, int length, int firstPiece, long seed) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            Operation.fill(side.kernel(), length, seed);
            return Outcome.of(side.kernel().writev(side.fd(slot), length, firstPiece));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.slot(slot));
        }
    }

    /** Moves the slot's position, also to the next data or hole. */
    record Seek(int slot, long offset, int whence) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            // Positions in a directory are the file system's own, see Exclusions.ALLOCATION; its start is everybody's.
            boolean directory =
                    side.stat(Target.slot(slot)).map(Stat::isDirectory).orElse(false);
            return Outcome.of(
                    directory
                            ? side.kernel().lseek(side.fd(slot), 0, Abi.SEEK_SET)
                            : side.kernel().lseek(side.fd(slot), offset, whence));
        }

        /** Whether the answer depends on how the file system allocates. */
        boolean asksForHoles() {
            return whence == Abi.SEEK_DATA || whence == Abi.SEEK_HOLE;
        }
    }

    /** Sets the size of what a slot or path means. */
    record Truncate(Target target, long size) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(
                    target.isSlot()
                            ? side.kernel().ftruncate(side.fd(target), size)
                            : side.kernel().truncate(target.path(), size));
        }

        @Override
        public List<Target> touched() {
            return List.of(target.isSlot() ? target : Target.path(target.path(), true));
        }
    }

    /** Allocates, punches or zeroes a range. */
    record Allocate(int slot, int mode, long offset, long length) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().fallocate(side.fd(slot), mode, offset, length));
        }

        /** Whether ranges may be left that are allocated and not written, see {@link Exclusions#UNWRITTEN}. */
        boolean leavesUnwritten() {
            return (mode & Abi.FALLOC_PUNCH_HOLE) == 0;
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.slot(slot));
        }
    }

    /** Copies inside the kernel, within one file or between two; an offset of -1 means the slot's own position. */
    record CopyRange(int from, long fromOffset, int to, long toOffset, long length) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().copyFileRange(side.fd(from), fromOffset, side.fd(to), toOffset, length));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.slot(to));
        }
    }

    /** The ways to ask for durability. */
    enum Flush {
        FSYNC(SyscallNumber.FSYNC),
        FDATASYNC(SyscallNumber.FDATASYNC),
        SYNCFS(SyscallNumber.SYNCFS),
        RANGE(SyscallNumber.SYNC_FILE_RANGE);

        private final long number;

        Flush(long number) {
            this.number = number;
        }
    }

    /** Makes a slot's file durable. */
    record Sync(int slot, Flush how) implements DataOperation {
        private static final long RANGE_ALL_STEPS = 7;

        @Override
        public Outcome on(Side side) {
            long fd = side.fd(slot);
            return Outcome.of(
                    how == Flush.RANGE
                            ? Syscall.call(how.number, fd, 0, 0, RANGE_ALL_STEPS)
                            : Syscall.call(how.number, fd));
        }
    }

    /** Asks for a slot's attributes, which also come back to whoever wrote through another descriptor. */
    record Describe(int slot) implements DataOperation {
        @Override
        public Outcome on(Side side) {
            long result = side.statResult(Target.slot(slot));
            return result < 0
                    ? Outcome.of(result)
                    : new Outcome(0, side.kernel().stat().comparable());
        }
    }
}
