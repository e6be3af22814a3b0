package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import java.util.List;

/** Operations that make, change and end open descriptors. */
sealed interface OpenOperation extends Operation {

    /** Opens a path into a slot, with whatever flags. */
    record Open(int slot, String path, int flags, int mode) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            return openInto(side, slot, path, flags, mode);
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false), Target.slot(slot));
        }

        @Override
        public String toString() {
            return "open(%s, %s, %04o) -> slot %d".formatted(Names.escape(path), Flags.text(flags), mode, slot);
        }
    }

    /** Opens what a slot holds once more, through /proc, which also works for a file that has no name. */
    record Reopen(int slot, int from, int flags) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            if (side.fd(from) < 0) {
                return Outcome.of(-Abi.EBADF);
            }
            return openInto(side, slot, "/proc/self/fd/" + side.fd(from), flags, 0);
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.slot(slot), Target.slot(from));
        }

        @Override
        public String toString() {
            return "open(/proc/self/fd of slot %d, %s) -> slot %d".formatted(from, Flags.text(flags), slot);
        }
    }

    /** Closes a slot. */
    record Close(int slot) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.closeSlot(slot));
        }
    }

    /** Gives the file in a slot a name, which is how an O_TMPFILE is kept. */
    record LinkOpen(int slot, String path) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            if (side.fd(slot) < 0) {
                return Outcome.of(-Abi.EBADF);
            }
            return Outcome.of(side.kernel().link("/proc/self/fd/" + side.fd(slot), path, Abi.AT_SYMLINK_FOLLOW));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false), Target.slot(slot));
        }

        @Override
        public String toString() {
            return "linkat(/proc/self/fd of slot %d, %s)".formatted(slot, Names.escape(path));
        }
    }

    /** Turns O_APPEND of an open slot on or off. */
    record SetAppend(int slot, boolean append) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long flags = kernel.fcntl(side.fd(slot), Abi.F_GETFL, 0);
            if (flags < 0) {
                return Outcome.of(flags);
            }
            long wanted = append ? flags | Abi.O_APPEND : flags & ~Abi.O_APPEND;
            return Outcome.of(kernel.fcntl(side.fd(slot), Abi.F_SETFL, wanted));
        }
    }

    /** Takes or gives up a lock of the whole file, without waiting. */
    record WholeLock(int slot, int operation) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(Syscall.call(Abi.SYS_FLOCK, side.fd(slot), operation));
        }
    }

    /** Takes or gives up a lock of a range, owned by the open file description, without waiting. */
    record RangeLock(int slot, int type, long start, long length) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().recordLock(side.fd(slot), type, start, length));
        }
    }

    /** Reads what is left of an open directory, optionally from its start. */
    record ReadOpenDirectory(int slot, boolean rewind) implements OpenOperation {
        @Override
        public Outcome on(Side side) {
            if (rewind) {
                side.kernel().lseek(side.fd(slot), 0, Abi.SEEK_SET);
            }
            return Directory.rest(side.kernel(), side.fd(slot), rewind);
        }
    }

    private static Outcome openInto(Side side, int slot, String path, int flags, int mode) {
        Kernel kernel = side.kernel();
        long fd = kernel.open(path, flags, mode);
        if (fd < 0) {
            boolean noDriver = fd == -Abi.ENXIO || fd == -Abi.ENODEV;
            return Outcome.of(noDriver && isDevice(side, path) ? -Abi.EACCES : fd);
        }
        boolean onlyPath = (flags & Abi.O_PATH) != 0;
        if (!onlyPath
                && kernel.statx((int) fd, "", Abi.AT_EMPTY_PATH) == 0
                && kernel.stat().isDevice()) {
            kernel.close((int) fd);
            return Outcome.of(-Abi.EACCES);
        }
        side.put(slot, (int) fd);
        return new Outcome(0, "flags=" + Long.toOctalString(kernel.fcntl((int) fd, Abi.F_GETFL, 0)));
    }

    /** See {@link Exclusions#DEVICES}. */
    private static boolean isDevice(Side side, String path) {
        return side.stat(Target.path(path, true)).map(Stat::isDevice).orElse(false);
    }
}
