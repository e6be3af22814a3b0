package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.LastRole;
import io.gemel.engine.cluster.Outcome;
import io.gemel.engine.simulator.SimulatedCluster.Witness;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a witness that arbitrates exactly lets a node do, and keeps it from. */
class LeaseTest extends TwoNodes {

    @BeforeEach
    void aMirrorWithALease() {
        cluster.witness = Witness.LEASE;
        cluster.connect();
        assertThat(outcome(n1, Verb.PRIM, false)).isInstanceOf(Outcome.Done.class);
        assertThat(n1.write()).isTrue();
        first = n1.application.lastWritten();
        assertThat(outcome(n2, Verb.SECOND, false)).isInstanceOf(Outcome.Done.class);
        shows(n1, State.PRIM, Readiness.READY);
        shows(n2, State.SECOND, Readiness.READY);
    }

    private Problem problemOf(SimulatedNode node, Verb verb) {
        Outcome outcome = outcome(node, verb, false);
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome).problem();
    }

    /** Both engines die at the same moment, so that neither node does anything about the other. */
    private void bothCrash(boolean machine) {
        cluster.crash(n1, machine);
        cluster.crash(n2, false);
    }

    @Test
    void aPrimaryThatEndedWithItsMirrorAndBootsAloneServesByItself() {
        bothCrash(false);
        n1.boot();
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n1.status().reason()).contains("was PRIM last", "the witness");
        assertThat(n1.write()).isTrue();
        n2.boot();
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> cluster.mirrors(n1)))
                .withFailMessage(this::history)
                .isTrue();
        assertThat(n2.disk.isSameAs(n1.disk)).withFailMessage(this::history).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Witness.class,
            names = {"NONE", "PING"})
    void withoutALeaseItWaits(Witness witness) {
        cluster.witness = witness;
        bothCrash(false);
        n1.boot();
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n1.status().reason()).contains("may have served since", "--force");
    }

    @Test
    void itWaitsWhenItsMachineLostWhatOnlyTheSecondMayHave() {
        bothCrash(true);
        n1.boot();
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n1.status().reason()).contains("lost power", "--force");
    }

    @Test
    void itWaitsWhenTheSecondTookOverMeanwhile() {
        cluster.crash(n1, false);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.status().reason()).contains("the witness");
        assertThat(n2.write()).isTrue();
        cutOff();
        n1.boot();
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n1.status().reason()).contains("the witness");
        assertThat(problemOf(n1, Verb.PRIM).what()).contains("may have served since", "the witness");
        assertThat(n2.serves()).isTrue();
    }

    @Test
    void aPersonLiftsABlockedStartOnlyOnceTheWitnessLetsIt() {
        bothCrash(false);
        n1.fails = Effect.OpenPrimary.class::isInstance;
        n1.boot();
        cluster.run(30_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        n1.fails = effect -> false;
        cluster.run(30_000);
        assertThat(n1.serves()).isFalse();
        assertThat(outcome(n1, Verb.PRIM, false)).isInstanceOf(Outcome.Done.class);
    }

    @Test
    void aSecondThatBootsAloneIsServedFromByAPersonWhomTheWitnessLets() {
        bothCrash(false);
        n2.boot();
        cluster.run(30_000);
        assertThat(n2.serves())
                .as("it does not know whether it lacks something")
                .isFalse();
        assertThat(outcome(n2, Verb.PRIM, false)).isInstanceOf(Outcome.Done.class);
        assertThat(n2.status().reason())
                .contains("commanded by a person", "the witness")
                .doesNotContain("Warning");
        cutOff();
        n1.boot();
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).as("n2 may serve, and nobody else").isTrue();
    }

    @Test
    void primIsRefusedWhereTheOtherNodeWasLetThroughAndForceIsRecorded() {
        cutOff();
        cluster.witnessAnswers[1] = false;
        shows(n1, State.ALONE, Readiness.READY);
        cluster.witnessAnswers[1] = true;
        cluster.run(10_000);
        assertThat(n2.is(State.WAIT)).isTrue();
        Problem problem = problemOf(n2, Verb.PRIM);
        assertThat(problem.what()).contains("may not serve without n1", "the witness");
        assertThat(problem.nextStep()).contains("--force --reason");
        assertThat(n2.is(State.WAIT)).isTrue();
        cluster.personTookTheRisk = true;
        assertThat(outcome(n2, Verb.PRIM, true)).isInstanceOf(Outcome.Done.class);
        assertThat(n2.status().reason()).contains("forced by a person: a test", "not let through", "Warning");
    }

    @Test
    void primWaitsForAWitnessThatDoesNotAnswerOnlySoLong() {
        bothCrash(false);
        cluster.witnessAnswers[1] = false;
        n2.boot();
        cluster.run(30_000);
        for (int i = 0; i < 8; i++) {
            assertThat(problemOf(n2, Verb.PRIM).what()).contains("the witness");
        }
        cluster.witnessAnswers[1] = true;
        assertThat(outcome(n2, Verb.PRIM, false)).isInstanceOf(Outcome.Done.class);
    }

    @Test
    void aStopEndsAPrimThatWaitsForTheWitness() {
        bothCrash(false);
        n2.boot();
        cluster.run(30_000);
        String prim = n2.command(Verb.PRIM, false);
        assertThat(n2.answers).doesNotContainKey(prim);
        assertThat(outcome(n2, Verb.STOP, false)).isInstanceOf(Outcome.Done.class);
        assertThat(n2.answers.get(prim)).isInstanceOf(Outcome.Failed.class);
        cluster.run(30_000);
        assertThat(n2.is(State.STOP)).isTrue();
    }

    @Test
    void aSecondAsksAgainAWitnessThatCouldNotSayButNeedsAnExactYes() {
        cluster.witness = Witness.PING;
        cluster.witnessAnswers[1] = false;
        cluster.crash(n1, false);
        cluster.run(20_000);
        assertThat(n2.is(State.WAIT)).isTrue();
        cluster.witnessAnswers[1] = true;
        cluster.run(60_000);
        assertThat(n2.serves()).as("n1 may have been let through meanwhile").isFalse();
        cluster.witnessAnswers[1] = false;
        cluster.run(60_000);
        assertThat(n2.serves()).isFalse();
    }

    @Test
    void onceTheWitnessIsBackOneOfTwoThatWaitServes() {
        cluster.witness = Witness.PING;
        cluster.witnessAnswers[0] = false;
        cluster.witnessAnswers[1] = false;
        cutOff();
        cluster.run(20_000);
        assertThat(n1.serves() || n2.serves()).isFalse();
        // A lease that is silent says as little as a router that is.
        cluster.witness = Witness.LEASE;
        cluster.witnessAnswers[1] = true;
        shows(n2, State.ALONE, Readiness.READY);
        cluster.witnessAnswers[0] = true;
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n2.serves()).isTrue();
        assertThat(n2.disk.holds(first)).isTrue();
    }

    @Test
    void whoConsentedThatThePeerServesHoldsThatItsOwnDataMayBeOld() {
        bothCrash(false);
        n1.boot();
        n2.boot();
        cluster.run(1_000);
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> n1.primary.isPresent()))
                .withFailMessage(this::history)
                .isTrue();
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.OUTDATED);
        // n1 serves without the witness: n2 must not, though the register is free.
        shows(n1, State.ALONE, Readiness.READY);
        cluster.crash(n2, false);
        assertThat(n1.write()).isTrue();
        cutOff();
        n2.boot();
        cluster.run(30_000);
        assertThat(problemOf(n2, Verb.PRIM).what()).contains("OUTDATED");
    }

    @Test
    void aConsentEndsWhenThePeerDoesNotServeAfterAll() {
        bothCrash(false);
        n1.fails = Effect.OpenPrimary.class::isInstance;
        n1.boot();
        n2.boot();
        cluster.run(1_000);
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> n2.durable().dataStatus() == DataStatus.OUTDATED))
                .isTrue();
        cluster.run(LONG_MS);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.UP_TO_DATE);
        assertThat(outcome(n2, Verb.PRIM, false)).isInstanceOf(Outcome.Done.class);
        assertThat(n2.disk.holds(first)).isTrue();
    }

    @Test
    void whatBothMayHaveIsNeverWrittenUnderTheSameName() {
        cluster.crash(n2, false);
        shows(n1, State.ALONE, Readiness.READY);
        n2.boot();
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> n1.durable().lastRole() == LastRole.PRIM))
                .isTrue();
        long mayBeOnBoth = n1.durable().generation();
        assertThat(n1.durable().base()).isNotEqualTo(mayBeOnBoth);
        assertThat(n1.durable().lastShared()).isEqualTo(mayBeOnBoth);
        bothCrash(false);
        n1.boot();
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n1.durable().generation()).isNotEqualTo(mayBeOnBoth);
        assertThat(n1.durable().lastShared()).isEqualTo(mayBeOnBoth);
        n2.boot();
        cluster.connect();
        cluster.run(70_000);
        assertThat(cluster.mirrors(n1)).withFailMessage(this::history).isTrue();
    }

    @Test
    void aReplacedPrimaryThatThawsIsNotTakenForASecondHistory() {
        cluster.freeze(n1, 10_000);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.write()).isTrue();
        assertThat(cluster.runUntil(LONG_MS, () -> !n1.heart.isFrozen())).isTrue();
        // It may be linked before anything told it that it was replaced.
        n1.heardLinkUp = false;
        cluster.connect();
        assertThat(cluster.runUntil(LONG_MS, () -> !n2.addresses || !n1.serves()))
                .isTrue();
        assertThat(n2.addresses).withFailMessage(this::history).isTrue();
        shows(n2, State.PRIM, Readiness.READY);
        assertThat(history()).doesNotContain("two histories");
        bothHaveTheSame();
    }
}
