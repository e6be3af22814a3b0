package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who serves when the link is lost, the primary stands still or is gone. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(300)
class FailoverLabTest {

    private static final String NAME = "test-failov";

    /** Longer than the detection time and a start. */
    private static final String A_WHILE = "sleep 6";

    /** Appends numbers to a file and beside it what was acknowledged of them, on this node's own disk. */
    private static final String WRITES = "setsid bash -c 'i=0; while echo $i >> /srv/app/log; do"
            + " echo $i >> /var/lib/gemel/acknowledged; i=$((i+1)); done' > /dev/null 2>&1 &";

    private static final String HELD = "ip -o address show to 10.77.0.100";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void onlyANodeThatLacksNothingTakesOver() throws Exception {
        LabOptions options = LabOptions.standard().withName(NAME).withNetworks(List.of("lan", "beats"));
        try (MirrorLab up = MirrorLab.up(base, options).mirrored()) {
            anAddressThatIsRemovedComesBack(up);
            aMachineThatAnswersForTheAddressIsToldOf(up);
            theLinkAloneIsLost(up);
            thePrimaryStandsStill(up);
        }
    }

    @Test
    void theDefaultPrimaryGetsTheRoleBackAndKeepsTheAddressWhenBothServe() throws Exception {
        LabOptions options = LabOptions.standard().withName(NAME);
        List<String> keys = List.of("default_primary = \"n2\"", "swap_back_after = \"5s\"");
        try (MirrorLab up = MirrorLab.up(base, options, keys).mirrored()) {
            up.awaitMirror("n2", "n1");
            up.lab.kill("n2");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh("n1", "echo n1 > /srv/app/f");
            up.lab.start("n2");
            up.awaitMirror("n2", "n1");
            assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("n1\n");
            bothServeAndSeeEachOtherAgain(up);
        }
    }

    private static void bothServeAndSeeEachOtherAgain(MirrorLab up) {
        up.lab.cut("n1", "n2");
        up.await("n1", State.ALONE, Readiness.READY);
        up.await("n2", State.ALONE, Readiness.READY);
        up.sh("n1", "echo first > /srv/app/f");
        up.sh("n2", "echo second > /srv/app/f");
        assertThat(up.sh("n1", HELD)).isNotEmpty();
        up.lab.heal();
        up.await("n1", "the addresses are left to n2");
        up.await("n2", "two histories");
        assertThat(up.sh("n1", HELD)).isEmpty();
        assertThat(up.sh("n2", HELD)).isNotEmpty();
        assertThat(up.sh("n1", "cat /srv/app/f")).as("nothing was discarded").isEqualTo("first\n");
        up.gemel("n1", "resolve", "app", "--keep", "n1");
        // n1 serves with the address, until n2 has what n1 has and gets the role back.
        up.awaitMirror("n2", "n1");
        assertThat(up.sh("n2", "cat /srv/app/f; " + HELD)).startsWith("first\n").contains("10.77.0.100");
    }

    private static void anAddressThatIsRemovedComesBack(MirrorLab up) {
        up.sh(
                "n1",
                "ip address del 10.77.0.100/24 dev eth0; for i in {1..50}; do"
                        + " ip -o address show to 10.77.0.100 | grep -q . && exit 0; sleep 0.2; done; exit 1");
    }

    private static void aMachineThatAnswersForTheAddressIsToldOf(MirrorLab up) {
        up.lab.client("ip", "address", "add", "10.77.0.100/24", "dev", "eth0");
        awaitLogged(
                up, "another machine answers for a virtual IP that is here: 02:67:65:6d:00:fa for 10.77.0.100 on eth0");
        up.lab.client("ip", "address", "del", "10.77.0.100/24", "dev", "eth0");
        awaitLogged(up, "no other machine answers for");
        assertThat(up.sh("n1", HELD)).as("it is not given up for that").isNotEmpty();
    }

    private static void awaitLogged(MirrorLab up, String words) {
        Deadline deadline = Deadline.in(Duration.ofSeconds(30));
        while (!read(up.lab.engineLog("n1")).contains(words)) {
            assertThat(deadline.passed()).as(words).isFalse();
            Deadline.pause(200);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Heartbeats pass on the other network: the primary goes on, and the second does not serve what is old. */
    private static void theLinkAloneIsLost(MirrorLab up) {
        up.lab.cut("n1", "n2", "lan");
        up.sh("n1", "echo alone > /srv/app/f");
        up.await("n1", State.ALONE, Readiness.READY);
        assertThat(up.node("n2", "n2").dataStatus()).isEqualTo(DataStatus.OUTDATED);
        assertThat(up.tryGemel("n2", "prim", "app").whatItSaid()).contains("is heard and serves");
        up.lab.kill("n1");
        up.sh("n2", A_WHILE);
        assertThat(up.node("n2", "n2").state().isPrimary()).isFalse();
        up.lab.heal();
        up.lab.start("n1");
        up.awaitMirror("n1", "n2");
        assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("alone\n");
    }

    /** The other one serves; the old primary acknowledges nothing any more and becomes its second. */
    private static void thePrimaryStandsStill(MirrorLab up) {
        up.sh("n1", WRITES);
        up.sh("n1", "while [ \"$(cat /var/lib/gemel/acknowledged 2>/dev/null | wc -l)\" -lt 100 ]; do sleep 0.1; done");
        up.lab.freeze("n1");
        up.await("n2", State.ALONE, Readiness.READY);
        up.sh("n2", "cat /srv/app/log > /var/lib/gemel/then; echo new > /srv/app/f; " + A_WHILE);
        up.lab.thaw("n1");
        up.awaitMirror("n2", "n1");
        String acknowledged = up.sh("n1", "cat /var/lib/gemel/acknowledged");
        assertThat(up.sh("n2", "cat /var/lib/gemel/then"))
                .as("all that was acknowledged, before and after it stood still, was there when n2 took over")
                .startsWith(acknowledged);
        assertThat(up.sh("n1", HELD)).isEmpty();
        up.assertSameTrees();
    }
}
