package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import io.gemel.protocol.model.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A comparison of both copies finds what differs and nothing else, whatever the application does meanwhile. */
@RequiresRoot
@RequiresFuse
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VerifyTest {

    private static final int BLOCK = 64 << 10;
    private static final long WAIT_SECONDS = 120;

    @TempDir
    Path base;

    private static DataPlane.Verified verify(MirrorPair pair, boolean repair) throws Exception {
        CompletableFuture<DataPlane.Verified> end = new CompletableFuture<>();
        pair.n1.plane.verify(repair, new DataPlane.VerifyListener() {
            @Override
            public void progress(String text) {}

            @Override
            public void ended(DataPlane.Verified verified) {
                end.complete(verified);
            }

            @Override
            public void aborted(Problem problem) {
                end.completeExceptionally(problem);
            }
        });
        return end.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    /** A tree, in which the second then has some things otherwise: its disk lied, or somebody's hands did. */
    private void makeDiffer(MirrorPair pair) throws Exception {
        Path d = pair.n1.directory;
        Path under = Files.createDirectories(base.resolve("under"));
        byte[] content = new byte[200 * BLOCK];
        new Random(3).nextBytes(content);
        Files.write(d.resolve("big"), content);
        MirrorDataPlaneTest.run("cd " + d + " && mkdir -p a/b c && for i in $(seq 300); do echo $i > a/b/f$i; done"
                + " && ln a/b/f1 a/linked && ln -s f1 a/b/l1 && truncate -s 5M sparse && mkfifo fifo && echo x > c/kind"
                + " && setfattr -n user.k -v v a/b/f5 && echo no > c/not.local");
        // What lies under the second's read-only view.
        MirrorDataPlaneTest.run("mount --bind " + pair.n2.directory + " " + under);
        try {
            pair.mirror();
            MirrorDataPlaneTest.run(
                    "cd " + under + " && printf WRONG | dd of=big bs=1 seek=6553600 conv=notrunc status=none"
                            + " && printf HOLE | dd of=sparse bs=1 seek=3000000 conv=notrunc status=none"
                            + " && rm a/b/f7 && chmod 600 a/b/f13 && setfattr -x user.k a/b/f5 && truncate -s 1 a/b/f14"
                            + " && touch -d @5 a/b/f15 && echo surplus > c/surplus && rm c/kind && mkdir c/kind"
                            + " && for f in big sparse a/b a/b/f14 c; do touch -r " + d + "/$f $f; done");
        } finally {
            MirrorDataPlaneTest.run("umount " + under);
        }
    }

    @Test
    void whatDiffersIsNamedAndNothingIsChanged() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            makeDiffer(pair);
            DataPlane.Verified verified = verify(pair, false);
            String d = pair.n1.directory + "/";
            assertThat(verified.differing())
                    .containsExactlyInAnyOrder(
                            d + "big: 1 block of 64 KiB otherwise",
                            d + "sparse: 1 block of 64 KiB otherwise",
                            d + "a/b: other names",
                            d + "a/b/f7: missing",
                            d + "a/b/f13: other attributes or size",
                            d + "a/b/f5: other attributes or size",
                            d + "a/b/f14: other attributes or size, 1 block of 64 KiB otherwise",
                            d + "a/b/f15: other attributes or size",
                            d + "c: other names",
                            d + "c/kind: missing");
            assertThat(verified.objects()).isEqualTo(310);
            assertThat(verify(pair, false).differing())
                    .as("nothing was changed")
                    .hasSameSizeAs(verified.differing());
        }
    }

    @Test
    void whatDiffersIsBrought() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            makeDiffer(pair);
            pair.n1.said.clear();
            assertThat(verify(pair, true).repairs()).isTrue();
            String said = pair.n1.said.poll(WAIT_SECONDS, TimeUnit.SECONDS);
            assertThat(said).startsWith("failed at the peer: its copy differed in 10 objects");
            pair.n1.plane.goAlone();
            long before = pair.answers().bytesSent();
            pair.n1.said.clear();
            assertThat(pair.n1.plane.startSync(7)).isEqualTo("sending what changed since both had the same");
            pair.n1.await("done");
            assertThat(pair.answers().bytesSent() - before).isLessThan(6L * BLOCK);
            assertThat(verify(pair, false).differing()).isEmpty();
            Files.delete(pair.n1.directory.resolve("c/not.local"));
            pair.endSame();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,WRITE", "2,FSYNC"})
    void whatIsTheSameIsFoundTheSameWhileEverythingMoves(long seed, SyncMode mode) throws Exception {
        try (MirrorPair pair = new MirrorPair(base, mode)) {
            CopyUnderLoadTest.fill(pair.n1.directory, new Random(seed));
            pair.mirror();
            try (TreeLoad load = new TreeLoad(pair.n1.directory, seed, 4)) {
                for (int round = 0; round < 2; round++) {
                    assertThat(verify(pair, false).differing()).isEmpty();
                }
                assertThat(load.stop()).as("every thread ends").isTrue();
            }
            pair.endSame();
        }
    }

    @Test
    void withoutAPeerThereIsNothingToCompareWith() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            pair.mirror();
            pair.separate(true);
            assertThatThrownBy(() -> verify(pair, false)).isInstanceOf(Problem.class);
        }
    }
}
