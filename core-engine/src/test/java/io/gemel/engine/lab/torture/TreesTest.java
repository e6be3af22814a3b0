package io.gemel.engine.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each single thing that a copy can lack makes two trees differ. */
class TreesTest {

    private Path place;

    /** A change to the second of two equal trees, and the words that the report must have. */
    record Change(String name, String expected, Consumer<Side> change) {
        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeEach
    void makePlace() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "owners and devices need root");
        place = Files.createTempDirectory("trees");
        for (String side : List.of("a", "b")) {
            Files.createDirectory(place.resolve(side));
            on(side, TreesTest::fill);
        }
    }

    @AfterEach
    void removePlace() {
        if (place != null) {
            try (Kernel kernel = new Kernel()) {
                Removal.of(kernel, place.toString());
            }
        }
    }

    private void on(String side, Consumer<Side> change) {
        try (Side on = new Side(side, new Kernel(), place.resolve(side).toString())) {
            String home = System.getProperty("user.dir");
            on.enter();
            change.accept(on);
            long fd = on.kernel().open(home, Abi.O_RDONLY | Abi.O_DIRECTORY, 0);
            io.gemel.engine.os.Syscall.call(Abi.SYS_FCHDIR, fd);
            on.kernel().close((int) fd);
        }
    }

    private static void fill(Side side) {
        Kernel kernel = side.kernel();
        kernel.mkdir("d", 0755);
        int fd = (int) kernel.open("d/f\u00ff\n", Abi.O_RDWR | Abi.O_CREAT, 0644);
        Operation.fill(kernel, 10_000, 1);
        kernel.pwrite(fd, 10_000, 0);
        kernel.pwrite(fd, 10_000, 1 << 20);
        kernel.setxattr(Target.slot(0), fd, "user.a", 10, 0);
        kernel.close(fd);
        kernel.link("d/f\u00ff\n", "hard", 0);
        kernel.symlink("target", "soft");
        kernel.mknod("null", Abi.S_IFCHR | 0600, 1, 3);
        for (String path : List.of("d/f\u00ff\n", "soft", "null", "d")) {
            kernel.utimens(Abi.AT_FDCWD, path, new long[] {1, 2, 3, 4}, Abi.AT_SYMLINK_NOFOLLOW);
        }
    }

    private static void rewrite(Side side, String path, int length, long offset, long seed) {
        Kernel kernel = side.kernel();
        int fd = (int) kernel.open(path, Abi.O_RDWR, 0);
        Operation.fill(kernel, length, seed);
        kernel.pwrite(fd, length, offset);
        kernel.close(fd);
        kernel.utimens(Abi.AT_FDCWD, path, new long[] {1, 2, 3, 4}, 0);
    }

    private static void zeros(Side side) {
        side.kernel().buffer().fill((byte) 0);
        int fd = (int) side.kernel().open("hard", Abi.O_RDWR, 0);
        side.kernel().pwrite(fd, 65_536, 65_536);
        side.kernel().close(fd);
        side.kernel().utimens(Abi.AT_FDCWD, "hard", new long[] {1, 2, 3, 4}, 0);
    }

    static List<Change> changes() {
        Target file = Target.path("hard", true);
        return List.of(
                new Change("content", "sha256=", side -> rewrite(side, "hard", 1, 5000, 99)),
                new Change("size", "size=", side -> side.kernel().truncate("hard", 5)),
                new Change("holes", "other data and holes", TreesTest::zeros),
                new Change("mode", "mode=0600", side -> new AttributeOperation.ChangeMode(file, 0600).on(side)),
                new Change("owner", "owner=7:8", side -> new AttributeOperation.ChangeOwner(file, 7, 8).on(side)),
                new Change("xattr", "user.a=", side -> side.kernel().removexattr(file, 0, "user.a")),
                new Change(
                        "mtime",
                        "mtime",
                        side -> side.kernel().utimens(Abi.AT_FDCWD, "null", new long[] {1, 2, 3, 5}, 0)),
                new Change("missing", "only in", side -> side.kernel().unlink("null", 0)),
                new Change("more", "only in", side -> side.kernel().mkdir("more", 0700)),
                new Change("link text", "target=", side -> {
                    side.kernel().unlink("soft", 0);
                    side.kernel().symlink("other", "soft");
                }),
                new Change("device", "rdev=1:5", side -> {
                    side.kernel().unlink("null", 0);
                    side.kernel().mknod("null", Abi.S_IFCHR | 0600, 1, 5);
                }),
                new Change("hard link", "nlink=", side -> {
                    side.kernel().unlink("hard", 0);
                    side.kernel().mknod("hard", Abi.S_IFREG | 0644, 0, 0);
                }));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aTreeThatLacksOneThingDiffers(Change change) {
        assertThat(compare()).isEqualTo("Equal\n");
        on("b", change.change());
        assertThat(compare()).contains(change.expected()).endsWith("Different\n");
    }

    private String compare() {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
        Trees.compare(place.resolve("a"), place.resolve("b"), Trees.Times.FILES, out);
        return output.toString(StandardCharsets.UTF_8);
    }
}
