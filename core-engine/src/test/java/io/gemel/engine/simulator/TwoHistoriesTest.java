package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import org.junit.jupiter.api.Test;

/** Both nodes served apart from each other. */
class TwoHistoriesTest extends TwoNodes {

    private void bothServeApart() {
        bothReady();
        cutOff();
        shows(n1, State.ALONE, Readiness.READY);
        shows(n2, State.ALONE, Readiness.READY);
        cluster.run(LONG_MS);
        n1.write();
        n2.write();
        heartbeatsPassAgain();
    }

    @Test
    void aNodeThatKnowsOfAnotherHistoryDoesNotServeItsOwnWhenThatIsLost() {
        bothServeApart();
        cluster.crash(n1, false);
        n1.boot();
        cluster.connect();
        shows(n1, State.WAIT, Readiness.NOT_READY);
        cluster.run(LONG_MS);
        cluster.crash(n2);
        cluster.run(LONG_MS);
        assertThat(n1.serves()).isFalse();
        assertThat(n1.status().reason()).contains("was newer or another").contains("gemel prim app");
        cluster.crash(n1, false);
        n1.boot();
        cluster.run(LONG_MS);
        assertThat(n1.serves()).as("nor after a restart").isFalse();
    }

    @Test
    void ofTwoThatServeOnlyOneKeepsTheAddresses() {
        bothServeApart();
        assertThat(n1.addresses && n2.addresses).as("as long as each is alone").isTrue();
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> !n2.addresses))
                .withFailMessage(this::history)
                .isTrue();
        cluster.run(LONG_MS);
        assertThat(n1.addresses).isTrue();
        assertThat(n2.addresses).isFalse();
        assertThat(n2.serves()).as("nothing is given up but the address").isTrue();
        assertThat(n2.status().reason())
                .contains("the addresses are left to n1")
                .contains("gemel resolve");
    }

    @Test
    void theNodeThatIsKeptGetsTheAddressesBack() {
        bothServeApart();
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> !n2.addresses)).isTrue();
        done(n1, Verb.SECOND);
        shows(n2, State.PRIM, Readiness.READY);
        assertThat(n2.addresses).withFailMessage(this::history).isTrue();
        assertThat(n1.addresses).isFalse();
        bothHaveTheSame();
    }

    @Test
    void theOtherOneGetsTheAddressesBackWhenTheirHolderIsGone() {
        bothServeApart();
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> !n2.addresses)).isTrue();
        cluster.crash(n1);
        assertThat(cluster.runUntil(LONG_MS, () -> n2.addresses))
                .withFailMessage(this::history)
                .isTrue();
    }
}
