package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node may leave in any way and come back, and gets what changed, and no more. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(600)
class ResyncLabTest {

    private static final String NAME = "test-resync";
    private static final int BLOCK = 64 << 10;

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private MirrorLab up() throws Exception {
        return MirrorLab.up(base, LabOptions.standard().withName(NAME));
    }

    /** 4,000 small files and one of 64 MiB. */
    private static final String A_TREE =
            "cd /srv/app && for d in $(seq 40); do mkdir d$d; (cd d$d; for f in $(seq 100); do"
                    + " echo $d $f > f$f; done); done; head -c 67108864 /dev/urandom > big; sync";

    /** Ten files in ten directories, each with a line more. */
    private static final String TEN_CHANGES = "cd /srv/app && for d in $(seq 1 4 40); do echo more >> d$d/f7; done";

    private static long sent(MirrorLab up, String node) {
        return up.node(node, node).link().bytesSent();
    }

    private static String engineLog(MirrorLab up, String node) throws IOException {
        return Files.readString(up.lab.engineLog(node));
    }

    /** The primary, after a resynchronisation, said how it went. */
    private static void onlyWhatChangedWasSent(MirrorLab up, String node, String mark) throws IOException {
        String log = engineLog(up, node);
        String since = log.substring(log.indexOf(mark) + mark.length());
        assertThat(since).contains("sending what changed").doesNotContain("copying everything");
    }

    private static String logSoFar(MirrorLab up, String node) throws IOException {
        return engineLog(up, node);
    }

    @Test
    void aSecondThatWasStoppedInOrderGetsTheChangedBlocks() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            up.gemel("n2", "stop", "app");
            up.await("n1", State.ALONE, Readiness.READY);
            // A hundred blocks, each at its own place, every eighth.
            up.sh(
                    "n1",
                    "cd /srv/app && for i in $(seq 0 8 799); do head -c " + BLOCK + " /dev/urandom | dd of=big bs="
                            + BLOCK + " seek=$i conv=notrunc status=none; done; mv d1 d2/moved");
            long before = sent(up, "n1");
            up.gemel("n2", "second", "app");
            up.awaitMirror("n1", "n2");
            assertThat(sent(up, "n1") - before).isBetween(100L * BLOCK, 100L * BLOCK * 11 / 10);
            up.assertSameTrees();
        }
    }

    @Test
    void afterThePowerOfEitherNodeWasCutOnlyWhatChangedIsSent() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            up.lab.kill("n2");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh("n1", TEN_CHANGES);
            String log = logSoFar(up, "n1");
            up.lab.start("n2");
            up.awaitMirror("n1", "n2");
            onlyWhatChangedWasSent(up, "n1", log);
            assertThat(sent(up, "n1")).as("over the new link").isLessThan(1_000_000);
            up.assertSameTrees();
            up.sh("n1", TEN_CHANGES);
            up.lab.kill("n1");
            up.await("n2", State.ALONE, Readiness.READY);
            up.sh("n2", TEN_CHANGES);
            log = logSoFar(up, "n2");
            up.lab.start("n1");
            up.awaitMirror("n2", "n1");
            onlyWhatChangedWasSent(up, "n2", log);
            assertThat(sent(up, "n2")).as("over the new link").isLessThan(1_000_000);
            up.assertSameTrees();
        }
    }

    @Test
    void aPrimaryWhoseEngineWasKilledWhileItWasAloneRemembersWhatItsPeerLacks() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            up.lab.kill("n2");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh("n1", TEN_CHANGES);
            up.lab.killEngine("n1");
            up.lab.start("n1");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh("n1", TEN_CHANGES + "; mkdir new && echo new > new/file");
            String log = logSoFar(up, "n1");
            up.lab.start("n2");
            up.awaitMirror("n1", "n2");
            onlyWhatChangedWasSent(up, "n1", log);
            up.assertSameTrees();
        }
    }

    @Test
    void whatADiskForgotIsFoundAndBrought() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            assertThat(up.gemel("n2", "verify", "app").out()).contains("are the same on n2");
            // Below the read-only view.
            up.sh(
                    "n2",
                    "mount --bind /srv /mnt && printf X | dd of=/mnt/app/big bs=1 seek=777777 conv=notrunc status=none"
                            + " && rm /mnt/app/d3/f4 && umount /mnt");
            ExecResult found = up.tryGemel("n1", "verify", "app");
            assertThat(found.exit()).isEqualTo(1);
            assertThat(found.whatItSaid()).contains("/srv/app/big: ", "/srv/app/d3/f4: missing", "--repair");
            up.gemel("n1", "verify", "app", "--repair");
            up.awaitMirror("n1", "n2");
            assertThat(up.gemel("n1", "verify", "app").out()).contains("are the same on n2");
            up.assertSameTrees();
        }
    }

    /** Each node says what would be given up of its own: a file that both have, one that only it has, and its directory. */
    private static void costsAreShown(MirrorLab up) {
        for (String node : new String[] {"n1", "n2"}) {
            assertThat(Deadline.in(Duration.ofSeconds(20))
                            .await(() -> up.node("n1", node)
                                    .unshared()
                                    .filter(cost -> cost.objects() == 3 && cost.bytes() >= 8 << 10)
                                    .isPresent()))
                    .as(node + ": " + up.node("n1", node))
                    .isTrue();
            assertThat(up.node("n1", node).unshared().orElseThrow().sinceMs())
                    .isBetween(System.currentTimeMillis() - 600_000, System.currentTimeMillis());
        }
        assertThat(up.gemel("n2", "state").out()).containsPattern("n1 alone has since .*: 3 changed or new");
    }

    @Test
    void twoHistoriesStayAsTheyAreUntilAPersonChooses() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", "cd /srv/app && echo both > f && echo both > g && mkdir d && echo d > d/h; sync");
            up.mirrored();
            up.lab.cut("n1", "n2");
            up.await("n1", State.ALONE, Readiness.READY);
            up.await("n2", State.ALONE, Readiness.READY);
            up.sh("n1", "cd /srv/app && echo n1 > f && echo one > only1");
            up.sh("n2", "cd /srv/app && echo n2 > f && echo two > d/only2");
            assertThat(up.tryGemel("n1", "resolve", "app", "--keep", "n1").ok())
                    .as("nobody knows of two histories yet")
                    .isFalse();
            up.lab.heal();
            up.await("n1", "two histories");
            assertThat(up.sh("n1", "cat /srv/app/f")).isEqualTo("n1\n");
            assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("n2\n");
            costsAreShown(up);
            String log = logSoFar(up, "n1");
            up.gemel("n2", "resolve", "app", "--keep", "n1");
            up.awaitMirror("n1", "n2");
            onlyWhatChangedWasSent(up, "n1", log);
            up.assertSameTrees();
            assertThat(up.sh("n2", "cat /srv/app/f /srv/app/only1")).isEqualTo("n1\none\n");
            up.gemel("n2", "stop", "app");
            assertThat(up.sh("n2", "cd /srv/app/.gemel/kept/* && cat f d/only2 && find . -type f | wc -l"))
                    .isEqualTo("n2\ntwo\n2\n");
        }
    }
}
