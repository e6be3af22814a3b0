package io.gemel.engine.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.testing.RequiresFuse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wherever in a request an engine dies, the application is told what a plain directory would have told it, once. */
@RequiresFuse
@Timeout(60)
class ResumedFileSystemTest {

    private static final int CREATE = 35;
    private static final int MKNOD = 8;
    private static final int MKDIR = 9;
    private static final int SYMLINK = 6;
    private static final int LINK = 13;
    private static final int UNLINK = 10;
    private static final int RMDIR = 11;
    private static final int RENAME = 12;
    private static final int RENAME2 = 45;
    private static final int SETXATTR = 21;
    private static final int REMOVEXATTR = 24;
    private static final int TMPFILE = 51;
    private static final int OPEN = 14;
    private static final int RELEASE = 18;

    private static final int EXCHANGE = 2;
    private static final int NOREPLACE = 1;
    private static final int XATTR_CREATE = 1;
    private static final int FIFO = 0x1000 | 0x1a4;
    private static final int FILE_MODE = 0x1a4;
    private static final int DIRECTORY_MODE = 0x1ed;

    @TempDir
    Path base;

    /**
     * An operation of an application.
     *
     * @param opcode by which it reaches the engine
     * @param act does it in a directory; what it was told
     */
    record Operation(String name, int opcode, Function<Path, Object> act) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static long name(Path path) {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        long address = Memory.allocateResident(Memory.PAGE_BYTES);
        Memory.copy(bytes, address);
        return address;
    }

    private static int open(Path path, int flags) {
        return Posix.openat(Posix.AT_FDCWD, name(path), flags, FILE_MODE);
    }

    private static int closed(int fd) {
        return fd < 0 ? fd : Posix.close(fd);
    }

    private static String content(int fd) {
        long buffer = Memory.allocateResident(Memory.PAGE_BYTES);
        long n = Posix.pread(fd, buffer, Memory.PAGE_BYTES, 0);
        return n < 0 ? Errno.describe((int) -n) : new String(Memory.bytes(buffer, (int) n), StandardCharsets.UTF_8);
    }

    private static int rename(Path from, Path to, int flags) {
        return Posix.renameat2(Posix.AT_FDCWD, name(from), Posix.AT_FDCWD, name(to), flags);
    }

    private static int unlink(Path path, int flags) {
        return Posix.unlinkat(Posix.AT_FDCWD, name(path), flags);
    }

    private static long xattr(Path path, boolean set) {
        int fd = open(path, Posix.O_RDONLY);
        long attribute = name(Path.of("user.a"));
        long result =
                set ? Posix.setxattr(fd, attribute, attribute, 4, XATTR_CREATE) : Posix.removexattr(fd, attribute);
        Posix.close(fd);
        return result;
    }

    private static String unlinkedWhileOpen(Path d) {
        int fd = open(d.resolve("file"), Posix.O_RDONLY);
        int result = unlink(d.resolve("file"), 0);
        String then = result + content(fd) + Files.exists(d.resolve("file"));
        return then + Posix.close(fd);
    }

    private static String renamedOverOpen(Path d) {
        int fd = open(d.resolve("file"), Posix.O_RDONLY);
        int result = rename(d.resolve("other"), d.resolve("file"), 0);
        return result + content(fd) + Posix.close(fd);
    }

    /** Closed once of two opens: it must not go with the first. */
    private static String openedTwice(Path d) {
        int first = open(d.resolve("file"), Posix.O_RDONLY);
        int second = open(d.resolve("file"), Posix.O_RDONLY);
        int result = Posix.close(first);
        unlink(d.resolve("file"), 0);
        return result + content(second) + Posix.close(second);
    }

    private static String unnamed(Path d) {
        int fd = open(d, Posix.O_TMPFILE | Posix.O_RDWR);
        return (fd < 0 ? Errno.describe(-fd) : content(fd)) + closed(fd);
    }

    private static List<Operation> operations() {
        return List.of(
                new Operation("create", CREATE, d -> closed(open(d.resolve("new"), Posix.O_CREAT | Posix.O_EXCL))),
                new Operation(
                        "mkdir", MKDIR, d -> Posix.mkdirat(Posix.AT_FDCWD, name(d.resolve("new")), DIRECTORY_MODE)),
                new Operation("mknod", MKNOD, d -> Posix.mknodat(Posix.AT_FDCWD, name(d.resolve("new")), FIFO, 0)),
                new Operation(
                        "symlink",
                        SYMLINK,
                        d -> Posix.symlinkat(name(Path.of("target")), Posix.AT_FDCWD, name(d.resolve("new")))),
                new Operation(
                        "link",
                        LINK,
                        d -> Posix.linkat(
                                Posix.AT_FDCWD, name(d.resolve("file")), Posix.AT_FDCWD, name(d.resolve("new")), 0)),
                new Operation("unlink", UNLINK, d -> unlink(d.resolve("file"), 0)),
                new Operation("unlink of an open file", UNLINK, ResumedFileSystemTest::unlinkedWhileOpen),
                new Operation("rmdir", RMDIR, d -> unlink(d.resolve("empty"), Posix.AT_REMOVEDIR)),
                new Operation("rename", RENAME, d -> rename(d.resolve("file"), d.resolve("new"), 0)),
                new Operation("rename over", RENAME, d -> rename(d.resolve("file"), d.resolve("other"), 0)),
                new Operation("rename over an open file", RENAME, ResumedFileSystemTest::renamedOverOpen),
                new Operation(
                        "rename to another directory",
                        RENAME,
                        d -> rename(d.resolve("file"), d.resolve("empty/new"), 0)),
                new Operation(
                        "rename, no replace", RENAME2, d -> rename(d.resolve("file"), d.resolve("new"), NOREPLACE)),
                new Operation("exchange", RENAME2, d -> rename(d.resolve("file"), d.resolve("other"), EXCHANGE)),
                new Operation("setxattr", SETXATTR, d -> xattr(d.resolve("file"), true)),
                new Operation("removexattr", REMOVEXATTR, d -> xattr(d.resolve("other"), false)),
                new Operation("a file without a name", TMPFILE, ResumedFileSystemTest::unnamed),
                new Operation("open", OPEN, ResumedFileSystemTest::openedTwice),
                new Operation("release", RELEASE, ResumedFileSystemTest::openedTwice));
    }

    static Stream<Arguments> crashes() {
        return operations().stream()
                .flatMap(operation -> Stream.of(CrashPoint.values()).map(point -> Arguments.of(operation, point)));
    }

    private static Path prepared(Path parent) throws IOException {
        Path d = Files.createDirectories(parent.resolve("d"));
        Files.writeString(d.resolve("file"), "file");
        Files.writeString(d.resolve("other"), "other");
        Files.createDirectories(d.resolve("empty"));
        int fd = open(d.resolve("other"), Posix.O_RDONLY);
        Posix.setxattr(fd, name(Path.of("user.a")), name(Path.of("abc")), 3, 0);
        Posix.close(fd);
        return d;
    }

    private static List<String> tree(Path d) throws IOException {
        try (Stream<Path> all = Files.walk(d)) {
            return all.sorted()
                    .map(path -> d.relativize(path) + " " + describe(path))
                    .toList();
        }
    }

    private static String describe(Path path) {
        try {
            String links = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    ? ""
                    : " links " + Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
            String text = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? " " + Files.readString(path) : "";
            return Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) + links + text;
        } catch (IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("crashes")
    void itIsDoneOnce(Operation operation, CrashPoint point) throws Exception {
        Path plain = prepared(base.resolve("plain"));
        Path served = Files.createDirectories(base.resolve("served"));
        try (CrashingMount mount = new CrashingMount(served, base.resolve("state"))) {
            Path d = prepared(served);
            mount.armAt(operation.opcode(), point);
            CompletableFuture<Object> told = new CompletableFuture<>();
            Thread.ofPlatform()
                    .daemon()
                    .start(() -> told.complete(operation.act().apply(d)));
            awaitDeathOrEnd(mount, told);
            if (mount.isDead()) {
                mount.resume();
            } else {
                assertThat(point).as("only some requests get there").isIn(CrashPoint.BEGUN, CrashPoint.EXECUTED);
                mount.disarm();
            }
            assertThat(told.get(30, TimeUnit.SECONDS)).isEqualTo(operation.act().apply(plain));
            assertThat(tree(d)).isEqualTo(tree(plain));
            // The same once more: nothing is left of the first time.
            assertThat(operation.act().apply(d)).isEqualTo(operation.act().apply(plain));
            assertThat(tree(d)).isEqualTo(tree(plain));
        }
        assertThat(served.resolve(".gemel")).doesNotExist();
    }

    private static void awaitDeathOrEnd(CrashingMount mount, CompletableFuture<Object> told)
            throws InterruptedException {
        while (!mount.isDead() && !told.isDone()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        // A release is answered to nobody: its engine may die a little later.
        for (int i = 0; i < 200 && !mount.isDead(); i++) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Test
    void makingAndRemovingGoesOnOverManyDeaths() throws Exception {
        Path served = Files.createDirectories(base.resolve("served"));
        CrashPoint[] points = CrashPoint.values();
        try (CrashingMount mount = new CrashingMount(served, base.resolve("state"))) {
            Path d = served.resolve("d");
            for (int round = 0; round < 40; round++) {
                mount.armAt(round % 2 == 0 ? MKDIR : RMDIR, points[round / 2 % points.length]);
                CompletableFuture<Integer> told = new CompletableFuture<>();
                Thread.ofPlatform().daemon().start(() -> {
                    int made = Posix.mkdirat(Posix.AT_FDCWD, name(d), DIRECTORY_MODE);
                    told.complete(made == 0 ? unlink(d, Posix.AT_REMOVEDIR) : made);
                });
                // Every request gets to every point, the last one after its answer.
                while (!mount.isDead()) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                mount.resume();
                assertThat(told.get(30, TimeUnit.SECONDS)).as("round %s", round).isZero();
            }
        }
    }

    @Test
    void whatIsDeletedWhileOpenIsThereUntilItIsClosed() throws Exception {
        Path served = Files.createDirectories(base.resolve("served"));
        try (CrashingMount mount = new CrashingMount(served, base.resolve("state"))) {
            Path d = prepared(served);
            int fd = open(d.resolve("file"), Posix.O_RDWR);
            assertThat(unlink(d.resolve("file"), 0)).isZero();
            for (int death = 0; death < 3; death++) {
                crashAtMkdir(mount, d.resolve("new" + death));
                assertThat(content(fd)).isEqualTo("file");
            }
            assertThat(mount.graves()).isEqualTo(1);
            Posix.close(fd);
            for (int i = 0; i < 5_000 && mount.graves() > 0; i++) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(mount.graves()).isZero();
        }
    }

    private static void crashAtMkdir(CrashingMount mount, Path made) throws Exception {
        mount.armAt(MKDIR, CrashPoint.EXECUTED);
        CompletableFuture<Integer> told = new CompletableFuture<>();
        Thread.ofPlatform()
                .daemon()
                .start(() -> told.complete(Posix.mkdirat(Posix.AT_FDCWD, name(made), DIRECTORY_MODE)));
        while (!mount.isDead()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        mount.resume();
        assertThat(told.get(30, TimeUnit.SECONDS)).isZero();
    }
}
