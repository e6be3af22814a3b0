package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.ModuleMachine.DefaultPrimary;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The role moves without a person: back to the default primary, and to the node that clients reach. */
class AutomaticSwapTest extends TwoNodes {

    private static final long DAY_MS = 24 * 3_600_000L;

    private void defaultIs(String node) {
        cluster = new SimulatedCluster(
                7, Bug.NONE, Optional.of(trace), Optional.of(new DefaultPrimary(node, SimulatedCluster.SWAP_BACK_MS)));
        n1 = cluster.n1;
        n2 = cluster.n2;
    }

    private void n1DiesAndReturns() {
        cluster.crash(n1);
        shows(n2, State.ALONE, Readiness.READY);
        n1.boot();
        cluster.connect();
        shows(n1, State.SECOND, Readiness.READY);
    }

    private void swapsTo(SimulatedNode node) {
        assertThat(cluster.runUntil(LONG_MS, () -> cluster.mirrors(node)))
                .withFailMessage(this::history)
                .isTrue();
        bothHaveTheSame();
    }

    @Test
    void theDefaultPrimaryGetsTheRoleBackAfterItWasReadyForAWhile() {
        defaultIs("n1");
        bothReady();
        n1DiesAndReturns();
        cluster.run(SimulatedCluster.SWAP_BACK_MS - 1_000);
        assertThat(cluster.mirrors(n2)).as("not at once").isTrue();
        swapsTo(n1);
        assertThat(history()).contains("swap: handing over to n1: it is the default primary");
    }

    @Test
    void whereAPersonSwappedToItStays() {
        defaultIs("n1");
        bothReady();
        done(n1, Verb.SWAP);
        swapsTo(n2);
        cluster.run(10 * SimulatedCluster.SWAP_BACK_MS);
        assertThat(cluster.mirrors(n2)).withFailMessage(this::history).isTrue();
    }

    @Test
    void withoutADefaultTheRoleStays() {
        bothReady();
        n1DiesAndReturns();
        cluster.run(10 * SimulatedCluster.SWAP_BACK_MS);
        assertThat(cluster.mirrors(n2)).isTrue();
    }

    @Test
    void aDefaultPrimaryThatFailsAgainAndAgainDoesNotGetItBackForEver() {
        defaultIs("n1");
        bothReady();
        for (int i = 0; i < 3; i++) {
            n1DiesAndReturns();
            swapsTo(n1);
        }
        n1DiesAndReturns();
        cluster.run(10 * SimulatedCluster.SWAP_BACK_MS);
        assertThat(cluster.mirrors(n2)).withFailMessage(this::history).isTrue();
        assertThat(history()).contains("swapped by itself 3 times within a day and does not again");
        cluster.run(DAY_MS);
        n1DiesAndReturns();
        swapsTo(n1);
    }

    @Test
    void aSwapThatFailsIsNotTriedAgainBeforeTheNextReturn() {
        defaultIs("n1");
        bothReady();
        n1DiesAndReturns();
        n1.fails = effect -> effect instanceof Effect.StartApplication;
        assertThat(cluster.runUntil(LONG_MS, () -> history().contains("serves again after a failed swap")))
                .isTrue();
        n1.fails = effect -> false;
        cluster.run(10 * SimulatedCluster.SWAP_BACK_MS);
        assertThat(n2.serves()).withFailMessage(this::history).isTrue();
        n1DiesAndReturns();
        swapsTo(n1);
    }

    @Test
    void aPrimaryThatNoClientReachesHandsOver() {
        bothReady();
        n1.obstacle = "eth0 has no carrier";
        swapsTo(n2);
        assertThat(history()).contains("no client reaches this node: eth0 has no carrier");
        n1.obstacle = "";
        cluster.run(LONG_MS);
        assertThat(cluster.mirrors(n2)).as("it does not come back by itself").isTrue();
    }

    @Test
    void anInterfaceThatIsDownForAMomentIsNoReason() {
        bothReady();
        n1.obstacle = "eth0 has no carrier";
        cluster.run(1_000);
        n1.obstacle = "";
        cluster.run(LONG_MS);
        assertThat(cluster.mirrors(n1)).isTrue();
    }

    @Test
    void whereClientsReachNeitherTheRoleStays() {
        bothReady();
        n1.obstacle = "eth0 has no carrier";
        n2.obstacle = "eth0 has no carrier";
        cluster.run(LONG_MS);
        assertThat(cluster.mirrors(n1)).isTrue();
        assertThat(refusal(n1, Verb.SWAP)).contains("no client would reach n2: eth0 has no carrier");
    }

    @Test
    void theNodeWhoseOwnCableIsPulledIsTheOneThatStops() {
        bothReady();
        n1.obstacle = "eth0 has no carrier";
        cutOff();
        shows(n1, State.WAIT, Readiness.NOT_READY);
        assertThat(n1.status().reason()).contains("no client reaches it").contains("eth0 has no carrier");
        shows(n2, State.ALONE, Readiness.READY);
        n1.obstacle = "";
        heartbeatsPassAgain();
        cluster.connect();
        swapsTo(n2);
    }

    @Test
    void theLinkIsAtTheSameCableAndOnlyHeartbeatsPass() {
        bothReady();
        n1.obstacle = "eth0 has no carrier";
        n2.obstacle = "eth0 has no carrier";
        cluster.run(1_000);
        cluster.cut();
        shows(n1, State.WAIT, Readiness.NOT_READY);
        n2.obstacle = "";
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.write()).isTrue();
        assertThat(n2.disk.holds(first)).isTrue();
        n1.obstacle = "";
        cluster.connect();
        swapsTo(n2);
    }

    @Test
    void theWitnessIsAskedAgainWhetherItMayServeForAPrimaryThatStoodDown() {
        bothReady();
        cluster.witness = SimulatedCluster.Witness.PING;
        cluster.witnessAnswers[1] = false;
        n1.obstacle = "eth0 has no carrier";
        n2.obstacle = "eth0 has no carrier";
        cluster.run(1_000);
        cluster.cut();
        shows(n1, State.WAIT, Readiness.NOT_READY);
        n2.obstacle = "";
        cluster.run(LONG_MS);
        assertThat(n2.serves()).isFalse();
        cluster.witnessAnswers[1] = true;
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.disk.holds(first)).isTrue();
    }

    private boolean neitherServes() {
        return n1.is(State.SECOND)
                && n2.is(State.SECOND)
                && n1.status().readiness() == Readiness.NOT_READY
                && n2.status().readiness() == Readiness.NOT_READY;
    }

    /** Whenever the link breaks: before the swap begins, while it drains, while the other takes over. */
    @Test
    void theSwapOfANodeThatNoClientReachesMeetsTheEndOfTheLink() {
        for (int cutAfterMs = 0; cutAfterMs < 4_000; cutAfterMs += 50) {
            cluster = new SimulatedCluster(cutAfterMs, Bug.NONE, Optional.of(trace), Optional.empty());
            n1 = cluster.n1;
            n2 = cluster.n2;
            bothReady();
            n1.obstacle = "eth0 has no carrier";
            cluster.run(cutAfterMs);
            cluster.cut();
            // Where neither knows whether the other took over, both wait for the link.
            assertThat(cluster.runUntil(LONG_MS, () -> (n2.is(State.ALONE) && n2.serves()) || neitherServes()))
                    .withFailMessage(this::history)
                    .isTrue();
            assertThat(n1.addresses).withFailMessage(this::history).isFalse();
            assertThat(n2.disk.holds(first)).isTrue();
            cluster.run(1_000);
            n1.obstacle = "";
            cluster.connect();
            assertThat(cluster.runUntil(LONG_MS, () -> cluster.mirrors(n1) || cluster.mirrors(n2)))
                    .withFailMessage(this::history)
                    .isTrue();
            bothHaveTheSame();
        }
    }

    @Test
    void aSecondWhoseOwnCableIsPulledDoesNotTakeOver() {
        bothReady();
        n2.obstacle = "eth0 has no carrier";
        cutOff();
        shows(n1, State.ALONE, Readiness.READY);
        cluster.run(LONG_MS);
        assertThat(n2.serves()).isFalse();
        assertThat(n2.status().reason())
                .contains("no client would reach this node")
                .contains("eth0 has no carrier");
        n2.obstacle = "";
        heartbeatsPassAgain();
        cluster.connect();
        swapsTo(n1);
    }

    @Test
    void whenTheSwitchBetweenThemIsOffBothWaitAndTheSamePrimaryGoesOn() {
        bothReady();
        n1.obstacle = "eth0 has no carrier";
        n2.obstacle = "eth0 has no carrier";
        cutOff();
        shows(n1, State.WAIT, Readiness.NOT_READY);
        cluster.run(LONG_MS);
        assertThat(n2.serves()).isFalse();
        n1.obstacle = "";
        n2.obstacle = "";
        heartbeatsPassAgain();
        cluster.connect();
        swapsTo(n1);
    }
}
