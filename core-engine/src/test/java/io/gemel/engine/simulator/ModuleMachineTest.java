package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.Outcome;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The brain's transitions, in a cluster of two simulated nodes. */
class ModuleMachineTest extends TwoNodes {

    @Test
    void aFreshPairBecomesAMirrorByTwoCommands() {
        bothReady();
        assertThat(n1.addresses).isTrue();
        assertThat(n2.application.runs()).isFalse();
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.UP_TO_DATE);
        assertThat(n2.durable().generation()).isEqualTo(n1.durable().generation());
    }

    @Test
    void startBeforeTheFirstPrimNamesTheCommands() {
        cluster.connect();
        assertThat(refusal(n1, Verb.START)).contains("never ran");
    }

    @Test
    void aPrimaryThatLosesItsPeerGoesOnAloneWithAGenerationOfItsOwn() {
        bothReady();
        long shared = n1.durable().generation();
        cluster.cut();
        n1.write();
        assertThat(n1.waits()).isTrue();
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n1.waits()).isFalse();
        assertThat(n1.durable().generation()).isNotEqualTo(shared);
        assertThat(n1.durable().base()).isEqualTo(shared);
        assertThat(n2.durable().dataStatus())
                .as("before the first call was answered")
                .isEqualTo(DataStatus.OUTDATED);
        cluster.run(120_000);
        assertThat(n2.serves()).isFalse();
        assertThat(refusal(n2, Verb.PRIM)).contains("is heard and serves");
    }

    @Test
    void aReturningSecondIsCopiedInFullByItself() {
        bothReady();
        cluster.cut();
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(cluster.runUntil(LONG_MS, () -> n2.status().readiness() == Readiness.NOT_READY))
                .isTrue();
        n1.write();
        cluster.connect();
        shows(n1, State.PRIM, Readiness.READY);
        shows(n2, State.SECOND, Readiness.READY);
        bothHaveTheSame();
    }

    @Test
    void aSecondThatStopsInOrderIsNotWaitedFor() {
        bothReady();
        done(n2, Verb.STOP);
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n1.write()).isTrue();
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.OUTDATED);
        assertThat(refusal(n2, Verb.PRIM)).contains("n1 is ALONE");
        done(n2, Verb.START);
        shows(n2, State.SECOND, Readiness.READY);
        bothHaveTheSame();
    }

    @Test
    void theSecondTakesOverFromAPrimaryThatIsGone() {
        bothReady();
        cluster.crash(n1);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.serves()).isTrue();
        assertThat(n2.disk.holds(first)).isTrue();
        assertThat(n2.write()).isTrue();
        n1.boot();
        cluster.connect();
        shows(n2, State.PRIM, Readiness.READY);
        shows(n1, State.SECOND, Readiness.READY);
        bothHaveTheSame();
    }

    @Test
    void aLinkThatIsLostWhileHeartbeatsPassMakesNobodyTakeOver() {
        bothReady();
        cluster.cut();
        n1.write();
        shows(n1, State.ALONE, Readiness.READY);
        cluster.run(60_000);
        assertThat(n2.serves()).isFalse();
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.OUTDATED);
        cluster.crash(n1);
        cluster.run(60_000);
        assertThat(n2.serves()).as("it lacks what n1 acknowledged alone").isFalse();
    }

    @Test
    void aFrozenPrimaryThatWasReplacedAcknowledgesNothingAndBecomesSecond() {
        bothReady();
        cluster.freeze(n1, 10_000);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.write()).isTrue();
        long second = n2.application.lastWritten();
        cluster.run(10_000);
        assertThat(n1.write()).isFalse();
        cluster.run(5_000);
        cluster.connect();
        shows(n2, State.PRIM, Readiness.READY);
        shows(n1, State.SECOND, Readiness.READY);
        bothHaveTheSame();
        assertThat(n1.disk.holds(second)).isTrue();
    }

    @Test
    void aSecondThatStoodStillTakesOverAgainOnceThePrimaryConfirmedItsCopy() {
        bothReady();
        // The machine that both run on was paused.
        cluster.freeze(n1, 4_000);
        cluster.freeze(n2, 4_000);
        cluster.run(20_000);
        assertThat(cluster.mirrors(n1)).withFailMessage(this::history).isTrue();
        cluster.crash(n1);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.serves()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"NONE, true, true", "PING, true, false", "PING, false, false", "LEASE, true, false"})
    void bothNodesCutFromEachOther(SimulatedCluster.Witness witness, boolean oneServes, boolean bothServe) {
        bothReady();
        cluster.witness = witness;
        // The usual cut: one node is on the wrong side of it. Of the lease both reach, only one gets it.
        cluster.witnessAnswers[0] = oneServes;
        cluster.witnessAnswers[1] = witness != SimulatedCluster.Witness.PING;
        cutOff();
        cluster.run(20_000);
        int serve = (n1.serves() ? 1 : 0) + (n2.serves() ? 1 : 0);
        assertThat(serve).isEqualTo(bothServe ? 2 : oneServes ? 1 : 0);
        heartbeatsPassAgain();
        cluster.connect();
        cluster.run(30_000);
        if (!bothServe) {
            assertThat(cluster.mirrors(n1) || cluster.mirrors(n2))
                    .withFailMessage(this::history)
                    .isTrue();
        }
    }

    @Test
    void aPrimaryThatCrashedWithItsPeerAttachedDoesNotStartByItself() {
        bothReady();
        cluster.crash(n1, false);
        cluster.crash(n2, false);
        n1.boot();
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n1.status().reason()).contains("--force");
        assertThat(refusal(n1, Verb.PRIM)).contains("may have served since");
        n2.boot();
        cluster.connect();
        shows(n1, State.PRIM, Readiness.READY);
        shows(n2, State.SECOND, Readiness.READY);
    }

    @Test
    void aPrimaryThatCameBackWithoutALinkLeavesTheServiceToThePeerThatHearsIt() {
        bothReady();
        cluster.crash(n1, false);
        n1.boot();
        shows(n1, State.WAIT, Readiness.NOT_READY);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.disk.holds(first)).isTrue();
        assertThat(n2.write()).isTrue();
        cluster.run(60_000);
        assertThat(n1.serves()).isFalse();
        cluster.connect();
        shows(n2, State.PRIM, Readiness.READY);
        shows(n1, State.SECOND, Readiness.READY);
        bothHaveTheSame();
    }

    @Test
    void afterThePrimaryLostPowerTheSecondThatHasEveryAcknowledgedWriteServes() {
        bothReady();
        for (int i = 0; i < 4; i++) {
            assertThat(n1.write()).isTrue();
        }
        long last = n1.application.lastWritten();
        cluster.crash(n1, true);
        assertThat(n1.disk.holds(last)).as("it was in memory only").isFalse();
        n1.boot();
        cluster.run(5_000);
        cluster.connect();
        shows(n2, State.PRIM, Readiness.READY);
        shows(n1, State.SECOND, Readiness.READY);
        assertThat(n1.disk.holds(last)).isTrue();
    }

    @Test
    void aLoneSurvivorStartsAgainByItself() {
        bothReady();
        cluster.cut();
        shows(n1, State.ALONE, Readiness.READY);
        cluster.run(5_000);
        cluster.crash(n1);
        n1.boot();
        shows(n1, State.ALONE, Readiness.READY);
    }

    @Test
    void twoHistoriesStayAsTheyAreUntilAPersonChooses() {
        bothReady();
        cutOff();
        shows(n1, State.ALONE, Readiness.READY);
        shows(n2, State.ALONE, Readiness.READY);
        n1.write();
        long here = n1.application.lastWritten();
        n2.write();
        long there = n2.application.lastWritten();
        heartbeatsPassAgain();
        cluster.connect();
        cluster.run(10_000);
        assertThat(n1.status().reason()).contains("two histories").contains("gemel resolve app --keep n1");
        assertThat(n2.status().reason()).contains("two histories");
        assertThat(n1.disk.holds(here)).isTrue();
        assertThat(n2.disk.holds(there)).isTrue();
        done(n2, Verb.SECOND);
        shows(n1, State.PRIM, Readiness.READY);
        shows(n2, State.SECOND, Readiness.READY);
        bothHaveTheSame();
        assertThat(n2.disk.holds(here)).isTrue();
    }

    @Test
    void primIsRefusedWhereTheDataIsNotWhole() {
        cluster.connect();
        done(n1, Verb.PRIM);
        n2.command(Verb.SECOND, false);
        assertThat(cluster.runUntil(LONG_MS, () -> n2.durable().dataStatus() == DataStatus.INCONSISTENT))
                .isTrue();
        cluster.crash(n1);
        shows(n2, State.WAIT, Readiness.NOT_READY);
        assertThat(refusal(n2, Verb.PRIM)).contains("INCONSISTENT").doesNotContain("is kept");
        cluster.personTookTheRisk = true;
        assertThat(outcome(n2, Verb.PRIM, true)).isInstanceOf(Outcome.Done.class);
    }

    @Test
    void whoForcesDataThatIsNotWholeIsToldOfTheWholeStateAndGetsIt() {
        bothReady();
        n2.feed(new Event.ApplyFailed("a copy was cut short"));
        cluster.crash(n1);
        cluster.run(5_000);
        shows(n2, State.SECOND, Readiness.NOT_READY);
        n2.feed(new Event.SnapshotKept("yesterday"));
        assertThat(refusal(n2, Verb.PRIM)).contains("whole state of yesterday is kept", "--force puts that back");
        cluster.personTookTheRisk = true;
        n2.disk.keep();
        assertThat(outcome(n2, Verb.PRIM, true)).isInstanceOf(Outcome.Done.class);
        assertThat(n2.disk.isKept()).as("it was put back").isFalse();
        assertThat(n2.status().reason()).contains("forced by a person", "put back in the simulator");
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.UP_TO_DATE);
    }

    @Test
    void aNodeThatCannotApplyIsNotTrustedAndDoesNotTryInAHotLoop() {
        bothReady();
        n2.feed(new Event.ApplyFailed("disk full"));
        n1.feed(new Event.PeerFailed("disk full"));
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n2.durable().dataStatus()).isEqualTo(DataStatus.INCONSISTENT);
        cluster.run(30_000);
        assertThat(n2.status().readiness()).isEqualTo(Readiness.NOT_READY);
        assertThat(n2.status().reason()).contains("disk full");
        cluster.run(40_000);
        shows(n2, State.SECOND, Readiness.READY);
    }

    @Test
    void anApplicationThatDoesNotStartLeavesNothingBehind() {
        cluster.connect();
        n1.fails = Effect.StartApplication.class::isInstance;
        assertThat(refusal(n1, Verb.PRIM)).contains("injected");
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(n1.primary.isPresent() || n1.addresses || n1.application.runs())
                .isFalse();
        n1.fails = effect -> false;
        done(n1, Verb.PRIM);
    }

    @Test
    void aLoneSurvivorWhoseApplicationDoesNotStartWaitsForAPerson() {
        cluster.connect();
        done(n1, Verb.PRIM);
        cluster.crash(n1);
        n1.fails = Effect.StartApplication.class::isInstance;
        n1.boot();
        cluster.run(60_000);
        assertThat(n1.is(State.WAIT)).isTrue();
        assertThat(history(n1).stream().filter(line -> line.endsWith("FAILED"))).hasSize(1);
        n1.fails = effect -> false;
        done(n1, Verb.START);
        assertThat(n1.serves()).isTrue();
    }

    @Test
    void anEngineThatEndsInTheMiddleOfAStartKeepsTheWishToRun() {
        cluster.connect();
        cluster.run(100);
        n1.command(Verb.PRIM, false);
        assertThat(cluster.runUntil(LONG_MS, () -> n1.primary.isPresent())).isTrue();
        n1.feed(new Event.Shutdown("end"));
        assertThat(cluster.runUntil(LONG_MS, () -> n1.answers.containsKey("end")))
                .isTrue();
        assertThat(n1.is(State.STOP)).isTrue();
        assertThat(n1.primary.isPresent() || n1.application.runs()).isFalse();
        assertThat(n1.durable().started()).isTrue();
    }

    @Test
    void anEngineThatEndsInOrderHandsItsServiceOver() {
        bothReady();
        n1.feed(new Event.Shutdown("end"));
        assertThat(cluster.runUntil(LONG_MS, () -> n1.answers.containsKey("end")))
                .isTrue();
        assertThat(n1.is(State.STOP)).isTrue();
        assertThat(n1.durable().started()).isTrue();
        assertThat(n2.serves()).isTrue();
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.write()).as("nobody is waited for").isTrue();
        assertThat(n2.disk.holds(first)).isTrue();
    }

    @Test
    void stopLeavesPlainDirectoriesWhateverFails() {
        bothReady();
        n1.fails = effect -> true;
        Outcome outcome = outcome(n1, Verb.STOP, false);
        assertThat(((Outcome.Done) outcome).text()).contains("problems");
        assertThat(n1.is(State.STOP)).isTrue();
        assertThat(n1.primary.isPresent()).isFalse();
        assertThat(n1.durable().started()).isFalse();
        shows(n2, State.WAIT, Readiness.NOT_READY);
    }

    @Test
    void twoPrimAtTheSameMomentMakeOnePrimary() {
        cluster.connect();
        cluster.run(100);
        String one = n1.command(Verb.PRIM, false);
        String two = n2.command(Verb.PRIM, false);
        assertThat(cluster.runUntil(LONG_MS, () -> n1.answers.containsKey(one) && n2.answers.containsKey(two)))
                .isTrue();
        cluster.run(10_000);
        assertThat(n1.serves()).isTrue();
        assertThat(n2.serves()).isFalse();
    }

    @Test
    void aSwapExchangesTheRolesWithoutACopy() {
        bothReady();
        done(n1, Verb.SWAP);
        shows(n2, State.PRIM, Readiness.READY);
        shows(n1, State.SECOND, Readiness.READY);
        assertThat(history(n1)).noneMatch(line -> line.contains("CopyStarted"));
        assertThat(n2.write()).isTrue();
        bothHaveTheSame();
        cluster.run(100);
        done(n2, Verb.SWAP);
        shows(n1, State.PRIM, Readiness.READY);
        shows(n2, State.SECOND, Readiness.READY);
    }

    @Test
    void aSwapIsRefusedWithoutAReadySecond() {
        cluster.connect();
        done(n1, Verb.PRIM);
        assertThat(refusal(n1, Verb.SWAP)).contains("ALONE");
    }

    @ParameterizedTest
    @CsvSource({
        "n1, StopApplication", "n1, ReleaseAddresses", "n1, ClosePrimary", "n1, OpenSecond", "n1, CloseSecond",
        "n2, CloseSecond", "n2, OpenPrimary", "n2, ResumeMirror", "n2, AcquireAddresses", "n2, StartApplication"
    })
    void aSwapThatFailsAtAnyStepEndsWithOnePrimaryThatHasEverything(String node, String step) {
        bothReady();
        SimulatedNode broken = node.equals("n1") ? n1 : n2;
        broken.fails = effect -> effect.getClass().getSimpleName().equals(step);
        String id = n1.command(Verb.SWAP, false);
        assertThat(cluster.runUntil(LONG_MS, () -> n1.answers.containsKey(id)))
                .withFailMessage(this::history)
                .isTrue();
        broken.fails = effect -> false;
        cluster.run(70_000);
        SimulatedNode primary = n1.serves() ? n1 : n2;
        assertThat(primary.serves()).withFailMessage(this::history).isTrue();
        assertThat(primary.disk.holds(first)).isTrue();
        assertThat(cluster.mirrors(primary)).withFailMessage(this::history).isTrue();
        assertThat(primary.write()).isTrue();
        bothHaveTheSame();
    }

    @Test
    void aLinkLostInTheMiddleOfASwapNeverMakesTwoPrimaries() {
        for (int cutAfterMs = 0; cutAfterMs < 2_000; cutAfterMs += 20) {
            cluster = new SimulatedCluster(cutAfterMs, Bug.NONE, Optional.of(trace), Optional.empty());
            n1 = cluster.n1;
            n2 = cluster.n2;
            bothReady();
            n1.command(Verb.SWAP, false);
            cluster.run(cutAfterMs);
            cluster.cut();
            cluster.run(10_000);
            cluster.connect();
            cluster.run(10_000);
            // Whoever serves has the write; that nobody did twice is checked after each step.
            List.of(n1, n2).stream()
                    .filter(SimulatedNode::serves)
                    .forEach(node -> assertThat(node.disk.holds(first)).isTrue());
        }
    }
}
