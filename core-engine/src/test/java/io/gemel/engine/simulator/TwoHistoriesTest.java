package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Both nodes served apart from each other. */
class TwoHistoriesTest {

    private static final long LONG_MS = 20_000;

    private final SimulatedCluster cluster = new SimulatedCluster(7, Bug.NONE, Optional.empty());
    private final SimulatedNode n1 = cluster.n1;
    private final SimulatedNode n2 = cluster.n2;

    private void becomes(SimulatedNode node, State state) {
        assertThat(cluster.runUntil(LONG_MS, () -> node.is(state)))
                .withFailMessage(() -> node.name + " is " + node.status())
                .isTrue();
    }

    private void bothServeApart() {
        cluster.connect();
        n1.command(Verb.PRIM, false);
        becomes(n1, State.ALONE);
        n2.command(Verb.SECOND, false);
        assertThat(cluster.runUntil(LONG_MS, () -> cluster.mirrors(n1))).isTrue();
        cluster.beats(n1, false);
        cluster.beats(n2, false);
        cluster.cut();
        becomes(n1, State.ALONE);
        becomes(n2, State.ALONE);
        cluster.run(LONG_MS);
        n1.write();
        n2.write();
        cluster.beats(n1, true);
        cluster.beats(n2, true);
    }

    @Test
    void aNodeThatKnowsOfAnotherHistoryDoesNotServeItsOwnWhenThatIsLost() {
        bothServeApart();
        cluster.crash(n1, false);
        n1.boot();
        cluster.connect();
        becomes(n1, State.WAIT);
        cluster.run(LONG_MS);
        cluster.crash(n2);
        cluster.run(LONG_MS);
        assertThat(n1.serves()).isFalse();
        assertThat(n1.status().reason()).contains("was newer or another").contains("gemel prim app");
    }
}
