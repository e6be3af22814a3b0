package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Path;
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
            theLinkAloneIsLost(up);
            thePrimaryStandsStill(up);
        }
    }

    private static void anAddressThatIsRemovedComesBack(MirrorLab up) {
        up.sh(
                "n1",
                "ip address del 10.77.0.100/24 dev eth0; for i in {1..50}; do"
                        + " ip -o address show to 10.77.0.100 | grep -q . && exit 0; sleep 0.2; done; exit 1");
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
        assertThat(up.sh("n1", "ip -o address show to 10.77.0.100")).isEmpty();
        up.assertSameTrees();
    }
}
