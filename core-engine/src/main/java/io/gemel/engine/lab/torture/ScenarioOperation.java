package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Short stories that random single calls meet too seldom; each leaves little or nothing behind. */
sealed interface ScenarioOperation extends Operation {

    /** Everything that can be done with a file that lost its name while it is open. */
    record UseAfterUnlink(String path, int length, long seed) implements ScenarioOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            Tale tale = new Tale();
            int fd = (int) kernel.open(path, Abi.O_RDWR | Abi.O_CREAT | Abi.O_EXCL, 0640);
            if (fd < 0) {
                return Outcome.of(fd);
            }
            Operation.fill(kernel, length, seed);
            tale.add(kernel.write(fd, length));
            tale.add(kernel.unlink(path, 0));
            tale.add(kernel.statx(fd, "", Abi.AT_EMPTY_PATH)).add(kernel.stat().comparable());
            tale.add(kernel.pread(fd, length, 0)).add(Outcome.checksum(kernel.buffer(), length));
            Operation.fill(kernel, length, seed + 2);
            tale.add(kernel.pwrite(fd, length, length / 2));
            tale.add(kernel.ftruncate(fd, length + 100L));
            tale.add(kernel.fcntl(fd, Abi.F_GETFL, 0));
            Target none = Target.slot(0);
            tale.add(kernel.setxattr(none, fd, "user.late", Math.min(length, 64), 0));
            tale.add(kernel.getxattr(none, fd, "user.late", 64));
            tale.add(Syscall.call(SyscallNumber.FCHMOD, fd, 04711));
            tale.add(kernel.link("/proc/self/fd/" + fd, path, Abi.AT_SYMLINK_FOLLOW));
            tale.add(kernel.statx(fd, "", Abi.AT_EMPTY_PATH)).add(kernel.stat().comparable());
            long again = kernel.open("/proc/self/fd/" + fd, Abi.O_RDWR, 0);
            tale.add(Math.min(again, 0));
            tale.add(kernel.pread((int) again, length, 0)).add(Outcome.checksum(kernel.buffer(), length));
            tale.add(Syscall.call(SyscallNumber.FSYNC, fd));
            tale.add(kernel.close((int) again)).add(kernel.close(fd));
            return tale.outcome();
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "use after unlink(%s, %d bytes, seed %d)".formatted(Names.escape(path), length, seed);
        }
    }

    /** The usual safe replacement of a file, seen by one who has the old file open. */
    record ReplaceWhileOpen(String path, String fresh, int length, long seed) implements ScenarioOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            Tale tale = new Tale();
            long reader = kernel.open(path, Abi.O_RDWR | Abi.O_NONBLOCK, 0);
            tale.add(Math.min(reader, 0));
            int writer = (int) kernel.open(fresh, Abi.O_WRONLY | Abi.O_CREAT | Abi.O_TRUNC | Abi.O_NONBLOCK, 0644);
            tale.add(Math.min(writer, 0));
            Operation.fill(kernel, length, seed);
            tale.add(kernel.write(writer, length));
            tale.add(Syscall.call(SyscallNumber.FSYNC, writer));
            tale.add(kernel.rename(fresh, path, 0));
            long old = kernel.pread((int) reader, 4096, 0);
            tale.add(old).add(old < 0 ? "" : Outcome.checksum(kernel.buffer(), old));
            Operation.fill(kernel, 100, seed + 4);
            tale.add(kernel.pwrite((int) reader, 100, 50));
            if (kernel.statx((int) reader, "", Abi.AT_EMPTY_PATH) == 0) {
                tale.add(kernel.stat().comparable());
            }
            tale.add(kernel.close((int) reader)).add(kernel.close(writer));
            long now = kernel.open(path, Abi.O_RDONLY | Abi.O_NONBLOCK, 0);
            long read = kernel.pread((int) now, 4096, 0);
            tale.add(Math.min(now, 0)).add(read).add(read < 0 ? "" : Outcome.checksum(kernel.buffer(), read));
            kernel.close((int) now);
            return tale.outcome();
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false), Target.path(fresh, false));
        }

        @Override
        public String toString() {
            return "replace while open(%s, by %s, %d bytes, seed %d)"
                    .formatted(Names.escape(path), Names.escape(fresh), length, seed);
        }
    }

    /** Reads a directory in pieces while names come and go: what stays must be seen exactly once. */
    record ReadWhileChanging(String path, int files) implements ScenarioOperation {
        private static final int PIECE_BYTES = 600;

        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long made = kernel.mkdir(path, 0777);
            if (made < 0) {
                return Outcome.of(made);
            }
            for (int i = 0; i < files; i++) {
                kernel.mknod(path + "/n" + i, Abi.S_IFREG | 0600, 0, 0);
            }
            int fd = (int) kernel.open(path, Abi.O_RDONLY | Abi.O_DIRECTORY, 0);
            Map<String, Integer> seen = new HashMap<>();
            int turn = 0;
            for (long got = kernel.getdents(fd, PIECE_BYTES); got > 0; got = kernel.getdents(fd, PIECE_BYTES)) {
                Directory.entries(kernel.buffer(), got, (name, type) -> seen.merge(name, 1, Integer::sum));
                kernel.unlink(path + "/n" + (turn * 3 + 1), 0);
                kernel.mknod(path + "/late" + turn, Abi.S_IFREG | 0600, 0, 0);
                turn++;
            }
            kernel.close(fd);
            long wrong = 0;
            for (int i = 0; i < files; i++) {
                boolean stayed = i % 3 != 1;
                wrong += stayed && seen.getOrDefault("n" + i, 0) != 1 ? 1 : 0;
            }
            return new Outcome(wrong, "stable names not seen exactly once; removed " + empty(kernel, files, turn));
        }

        private long empty(Kernel kernel, int files, int turns) {
            for (int i = 0; i < files; i++) {
                kernel.unlink(path + "/n" + i, 0);
            }
            for (int i = 0; i < turns + files; i++) {
                kernel.unlink(path + "/late" + i, 0);
            }
            return kernel.unlink(path, Abi.AT_REMOVEDIR);
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "read while changing(%s, %d files)".formatted(Names.escape(path), files);
        }
    }

    /** Offsets near and past the largest that the file system can hold. */
    record FarOffset(String path, long offset, long seed) implements ScenarioOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            Tale tale = new Tale();
            int fd = (int) kernel.open(path, Abi.O_RDWR | Abi.O_CREAT | Abi.O_EXCL, 0600);
            if (fd < 0) {
                return Outcome.of(fd);
            }
            Operation.fill(kernel, 1000, seed);
            tale.add(kernel.pwrite(fd, 1000, offset));
            tale.add(kernel.statx(fd, "", Abi.AT_EMPTY_PATH)).add(kernel.stat().comparable());
            tale.add(kernel.lseek(fd, 0, Abi.SEEK_DATA)).add(kernel.lseek(fd, 0, Abi.SEEK_HOLE));
            tale.add(kernel.pread(fd, 2000, offset)).add(Outcome.checksum(kernel.buffer(), 1000));
            tale.add(kernel.ftruncate(fd, offset + 1)).add(kernel.ftruncate(fd, 10));
            tale.add(kernel.close(fd)).add(kernel.unlink(path, 0));
            return tale.outcome();
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "far offset(%s, %d, seed %d)".formatted(Names.escape(path), offset, seed);
        }
    }

    /** Directories nested so deep that the last path is as long as a path can be. */
    record DeepPath(String path, int nameBytes) implements ScenarioOperation {
        private static final int MOST_LEVELS = 300;

        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long made = kernel.mkdir(path, 0755);
            if (made < 0) {
                return Outcome.of(made);
            }
            Tale tale = new Tale();
            String name = "/" + "p".repeat(nameBytes);
            String last = path;
            int levels = 0;
            long result = 0;
            while (result == 0 && levels < MOST_LEVELS) {
                result = kernel.mkdir(last + name, 0755);
                if (result == 0) {
                    last += name;
                    levels++;
                }
            }
            tale.add(levels).add(result);
            long fd = kernel.open(last + "/x", Abi.O_RDWR | Abi.O_CREAT, 0600);
            tale.add(Math.min(fd, 0)).add(kernel.close((int) fd)).add(kernel.unlink(last + "/x", 0));
            for (int i = 0; i < levels; i++) {
                tale.add(kernel.unlink(last, Abi.AT_REMOVEDIR));
                last = last.substring(0, last.length() - name.length());
            }
            return tale.add(kernel.unlink(path, Abi.AT_REMOVEDIR)).outcome();
        }

        @Override
        public List<Target> touched() {
            return List.of(Target.path(path, false));
        }

        @Override
        public String toString() {
            return "deep path(%s, names of %d bytes)".formatted(Names.escape(path), nameBytes);
        }
    }

    /** The results of a story, one after the other. */
    final class Tale {
        private final StringBuilder text = new StringBuilder();

        Tale add(long result) {
            text.append(' ').append(Outcome.text(result));
            return this;
        }

        Tale add(String detail) {
            text.append(' ').append(detail);
            return this;
        }

        Outcome outcome() {
            return new Outcome(0, text.toString().trim());
        }
    }
}
