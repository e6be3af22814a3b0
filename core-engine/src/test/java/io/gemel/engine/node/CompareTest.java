package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.lab.torture.Trees;
import io.gemel.engine.simulator.MemoryChanges;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where it is not known what differs, what both have is compared, and only what differs is sent. */
@RequiresRoot
@RequiresFuse
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompareTest {

    private static final int BLOCK = 64 << 10;

    @TempDir
    Path base;

    @Test
    void whatDiffersAlthoughNobodyNotedItIsFoundAndSent() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Path d = pair.n1.directory;
            byte[] content = new byte[200 * BLOCK];
            new Random(3).nextBytes(content);
            Files.write(d.resolve("big"), content);
            MirrorDataPlaneTest.run("cd " + d + " && mkdir -p a/b c && for i in $(seq 300); do echo $i > a/b/f$i; done"
                    + " && ln a/b/f1 a/linked && ln -s f1 a/b/l1 && ln -s f2 a/b/l2 && truncate -s 5M sparse"
                    + " && mkfifo fifo && echo x > c/kind && setfattr -n user.k -v v a/b/f5");
            pair.mirror();
            pair.separate(true);
            Path there = pair.n2.directory;
            // A disk that lies, and hands that do not ask.
            MirrorDataPlaneTest.run(
                    "cd " + there + " && printf WRONG | dd of=big bs=1 seek=6553600 conv=notrunc status=none"
                            + " && printf HOLE | dd of=sparse bs=1 seek=3000000 conv=notrunc status=none && rm a/b/f7"
                            + " && echo surplus > a/surplus && mv a/b/f8 c/f8 && ln -sf f9 a/b/l2 && rm c/kind && mkdir c/kind"
                            + " && ln a/b/f10 a/b/more && rm a/b/f11 && ln a/b/f12 a/b/f11 && chmod 600 a/b/f13"
                            + " && setfattr -x user.k a/b/f5 && truncate -s 1 a/b/f14 && echo longer >> a/b/f15");
            pair.n1.plane.closePrimary();
            pair.n1.changes.restore(new MemoryChanges());
            pair.n1.plane.openPrimary(false);
            pair.n1.said.clear();
            pair.n2.plane.openSecond();
            pair.n1.await("changes");
            long before = pair.answers().bytesSent();
            assertThat(pair.n1.plane.startSync(5)).startsWith("comparing everything");
            pair.n1.await("done");
            assertThat(pair.answers().bytesSent() - before)
                    .as("of 13 MiB one block differs")
                    .isLessThan(4L * BLOCK);
            pair.endSame();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,WRITE", "2,FSYNC"})
    void whatIsComparedWhileEverythingMovesIsTheSame(long seed, SyncMode mode) throws Exception {
        try (MirrorPair pair = new MirrorPair(base, mode)) {
            CopyUnderLoadTest.fill(pair.n1.directory, new Random(seed));
            pair.mirror();
            try (TreeLoad load = new TreeLoad(pair.n1.directory, seed, 4)) {
                for (int round = 0; round < 2; round++) {
                    goesOn(load, 200);
                    pair.separate(true);
                    goesOn(load, 200);
                    pair.n2.plane.forgetShared();
                    pair.n1.said.clear();
                    pair.n2.plane.openSecond();
                    pair.n1.await("changes");
                    assertThat(pair.n1.plane.startSync(10 + round)).startsWith("comparing everything");
                    pair.n1.await("done");
                    pair.n2.await("received");
                }
                goesOn(load, 100);
                assertThat(load.stop()).as("every thread ends").isTrue();
            }
            assertThat(pair.n1.plane.closePrimary()).isTrue();
            pair.n2.plane.closeSecond();
            sameButForHolesOfZeros(pair.n1.directory, pair.n2.directory);
        }
    }

    /** Blocks of zeros that are stored on one node and a hole on the other are equal by their hashes, and may stay so. */
    static void sameButForHolesOfZeros(Path one, Path other) throws Exception {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        Trees.compare(one, other, Trees.Times.ALL, new PrintStream(text, true, StandardCharsets.UTF_8));
        assertThat(text.toString(StandardCharsets.UTF_8).lines())
                .allMatch(line -> line.contains("other data and holes")
                        || line.startsWith("  ")
                        || List.of("Different", "Equal").contains(line));
        assertThat(differing(one, other)).isEmpty();
    }

    private static List<Path> differing(Path one, Path other) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(one)) {
            for (Path file : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                if (Files.mismatch(file, other.resolve(one.relativize(file))) >= 0) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    private static void goesOn(TreeLoad load, int operations) throws InterruptedException {
        long then = load.done();
        MirrorWaitingTest.await("the load goes on", () -> load.done() > then + operations);
    }
}
