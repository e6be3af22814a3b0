package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.util.List;

/** Operations on names: everything that makes, moves, resolves or removes a directory entry. */
sealed interface NameOperation extends Operation {

    /** Makes a directory. */
    record MakeDirectory(String path, int mode) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().mkdir(path, mode));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "mkdir(%s, %04o)".formatted(Names.escape(path), mode);
        }
    }

    /** Makes a file, FIFO, socket or device. */
    record MakeNode(String path, int mode, int major, int minor) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().mknod(path, mode, major, minor));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "mknod(%s, %c%04o, %d:%d)"
                    .formatted(Names.escape(path), Abi.typeOf(mode), mode & 07777, major, minor);
        }
    }

    /** Makes a symbolic link. */
    record MakeSymlink(String target, String path) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().symlink(target, path));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "symlink(%s, %s)".formatted(Names.escape(target), Names.escape(path));
        }
    }

    /** Reads a symbolic link. */
    record ReadSymlink(String path) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            long length = side.kernel().readlink(Abi.AT_FDCWD, path);
            return length < 0
                    ? Outcome.of(length)
                    : new Outcome(length, Names.escape(side.kernel().text(length)));
        }

        @Override
        public String toString() {
            return "readlink(" + Names.escape(path) + ")";
        }
    }

    /** Makes a hard link. */
    record HardLink(String from, String to, boolean follow) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().link(from, to, follow ? Abi.AT_SYMLINK_FOLLOW : 0));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(from, false), Target.path(to, false));
        }

        @Override
        public String toString() {
            return "link(%s, %s%s)".formatted(Names.escape(from), Names.escape(to), follow ? ", follow" : "");
        }
    }

    /** Removes a name, as a file's or as a directory's. */
    record Remove(String path, boolean directory) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().unlink(path, directory ? Abi.AT_REMOVEDIR : 0));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return (directory ? "rmdir(" : "unlink(") + Names.escape(path) + ")";
        }
    }

    /** Renames, over something, not over anything, or exchanging two. */
    record Rename(String from, String to, int flags) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().rename(from, to, flags));
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(from, false), Target.path(to, false));
        }

        @Override
        public String toString() {
            String how = switch (flags) {
                case 0 -> "";
                case Abi.RENAME_NOREPLACE -> ", NOREPLACE";
                case Abi.RENAME_EXCHANGE -> ", EXCHANGE";
                default -> ", " + flags;
            };
            return "rename(%s, %s%s)".formatted(Names.escape(from), Names.escape(to), how);
        }
    }

    /** Asks for a path's attributes. */
    record Look(String path, boolean follow) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            long result = side.statResult(Target.path(path, follow));
            return result < 0
                    ? Outcome.of(result)
                    : new Outcome(0, side.kernel().stat().comparable());
        }

        @Override
        public String toString() {
            return (follow ? "stat(" : "lstat(") + Names.escape(path) + ")";
        }
    }

    /** Asks whether the caller may read, write or search. */
    record Access(String path, int mode) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            long address = side.kernel().one(path);
            return Outcome.of(Syscall.call(SyscallNumber.FACCESSAT2, Abi.AT_FDCWD, address, mode, Abi.AT_EACCESS));
        }

        @Override
        public String toString() {
            return "access(" + Names.escape(path) + ", " + mode + ")";
        }
    }

    /** Lists a directory from a fresh descriptor. */
    record ListDirectory(String path) implements NameOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long fd = kernel.open(path, Abi.O_RDONLY | Abi.O_DIRECTORY, 0);
            if (fd < 0) {
                return Outcome.of(fd);
            }
            try {
                return Directory.rest(kernel, (int) fd, true);
            } finally {
                kernel.close((int) fd);
            }
        }

        @Override
        public String toString() {
            return "list(" + Names.escape(path) + ")";
        }
    }
}
