package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.ApplicationRules.Condition;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What follows from the findings of checkers, and how often. */
class ApplicationDutyTest extends TwoNodes {

    private static final long HOUR_MS = 3_600_000;

    private void rules(ApplicationRules rules) {
        cluster = new SimulatedCluster(7, Bug.NONE, Optional.of(trace), Optional.empty(), rules);
        n1 = cluster.n1;
        n2 = cluster.n2;
    }

    private void actions(Action ofApplication, Action ofResource) {
        rules(SimulatedChecks.rules(ofApplication, ofResource));
    }

    private void alone() {
        cluster.connect();
        done(n1, Verb.PRIM);
        cluster.run(2_000);
    }

    private void killApplication(SimulatedNode node) {
        cluster.run(2_000);
        node.checks.killApplication();
        assertThat(node.application.runs()).as("it died").isFalse();
    }

    private void until(String what, BooleanSupplier condition) {
        assertThat(cluster.runUntil(LONG_MS, condition))
                .withFailMessage(() -> what + "\n" + history())
                .isTrue();
    }

    @Test
    void anApplicationThatDiesIsStartedAnewWhereItIsAndTheMirrorAndTheAddressesStay() {
        actions(Action.RESTART, Action.NONE);
        bothReady();
        killApplication(n1);
        until("started anew", n1.application::runs);
        shows(n1, State.PRIM, Readiness.READY);
        assertThat(n1.status().reason()).contains("process.app is down (in the simulator)");
        assertThat(cluster.mirrors(n1)).isTrue();
        assertThat(history(n1))
                .filteredOn(line -> line.contains("ReleaseAddresses"))
                .isEmpty();
        assertThat(history()).contains("restart: process.app is down (in the simulator) (action 1 of at most 3");
        assertThat(n1.write()).isTrue();
        bothHaveTheSame();
    }

    @Test
    void stopstartMovesTheRoleToASecondThatCanAndStartsAnewHereWithout() {
        actions(Action.STOPSTART, Action.NONE);
        bothReady();
        killApplication(n1);
        until("the role moves", () -> cluster.mirrors(n2));
        assertThat(n2.write()).isTrue();
        bothHaveTheSame();
        cluster.crash(n1);
        shows(n2, State.ALONE, Readiness.READY);
        killApplication(n2);
        until("started anew", n2.application::runs);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.write()).isTrue();
    }

    @Test
    void anApplicationWhoseStopScriptFailsIsLeftBehindAllTheSame() {
        actions(Action.STOPSTART, Action.NONE);
        bothReady();
        n1.fails = Effect.StopApplication.class::isInstance;
        killApplication(n1);
        until("the role moves", () -> cluster.mirrors(n2));
        assertThat(n2.disk.holds(first)).isTrue();
    }

    @Test
    void moreThanTheBoundStopsTheModuleAndSaysSoAndAPersonStartsItAnew() {
        actions(Action.RESTART, Action.NONE);
        alone();
        for (int i = 0; i < 3; i++) {
            killApplication(n1);
            until("started anew, " + i, n1.application::runs);
        }
        killApplication(n1);
        shows(n1, State.STOP, Readiness.READY);
        assertThat(n1.status().reason())
                .contains("it failed more than 3 times within 1 h", "process.app is down", "gemel start app");
        assertThat(n1.durable().started()).as("nor does the next engine").isFalse();
        cluster.run(2 * HOUR_MS);
        assertThat(n1.application.runs()).isFalse();
        done(n1, Verb.START);
        killApplication(n1);
        until("what was before does not count", n1.application::runs);
    }

    @Test
    void whatFailedLongAgoDoesNotCount() {
        actions(Action.RESTART, Action.NONE);
        alone();
        for (int i = 0; i < 9; i++) {
            killApplication(n1);
            until("started anew, " + i, n1.application::runs);
            cluster.run(HOUR_MS / 2);
        }
    }

    @Test
    void theBoundOutlivesTheEngine() {
        actions(Action.RESTART, Action.NONE);
        alone();
        for (int i = 0; i < 3; i++) {
            killApplication(n1);
            until("started anew, " + i, n1.application::runs);
        }
        cluster.crash(n1, false);
        n1.boot();
        until("the next engine serves", n1.application::runs);
        killApplication(n1);
        shows(n1, State.STOP, Readiness.READY);
    }

    @Test
    void whereItFailsTooOftenASecondThatCanServesOn() {
        actions(Action.RESTART, Action.NONE);
        bothReady();
        for (int i = 0; i < 3; i++) {
            killApplication(n1);
            until("started anew, " + i, n1.application::runs);
        }
        killApplication(n1);
        shows(n1, State.STOP, Readiness.READY);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.serves()).isTrue();
        assertThat(n2.disk.holds(first)).isTrue();
        assertThat(n1.durable().started()).isFalse();
    }

    @Test
    void anApplicationThatDoesNotStartAgainGoesToTheSecond() {
        actions(Action.RESTART, Action.NONE);
        bothReady();
        n1.fails = Effect.StartApplication.class::isInstance;
        killApplication(n1);
        until("the role moves", () -> cluster.mirrors(n2));
        assertThat(history(n1)).anyMatch(line -> line.contains("it did not start again: injected"));
    }

    @Test
    void anApplicationThatDoesNotStartAgainIsNotTriedForEver() {
        actions(Action.RESTART, Action.NONE);
        alone();
        n1.fails = Effect.StartApplication.class::isInstance;
        killApplication(n1);
        shows(n1, State.STOP, Readiness.READY);
        assertThat(history(n1).stream().filter(line -> line.endsWith("StartApplication FAILED")))
                .hasSize(3);
        assertThat(n1.addresses || n1.primary.isPresent()).isFalse();
    }

    @Test
    void whatANewStartOfTheApplicationDoesNotMendMovesTheRoleOrNothing() {
        String address = "address.own";
        rules(new ApplicationRules(
                Set.of(address),
                Set.of(address),
                Set.of(),
                List.of(new Rule(List.of(new Condition(address, CheckerResult.DOWN)), 0, Action.STOPSTART)),
                3,
                HOUR_MS,
                10_000));
        alone();
        n1.feed(new Event.CheckerSaid(address, 1, CheckerResult.UP, ""));
        n1.feed(new Event.CheckerSaid(address, 1, CheckerResult.DOWN, "gone"));
        cluster.run(10_000);
        assertThat(history()).contains("stopstart is not possible").doesNotContain("StopApplication");
        done(n2, Verb.SECOND);
        until("the role moves", () -> cluster.mirrors(n2));
    }

    @Test
    void stopStopsAndNobodyTakesOver() {
        actions(Action.STOP, Action.NONE);
        bothReady();
        killApplication(n1);
        shows(n1, State.STOP, Readiness.READY);
        assertThat(n1.status().reason()).contains("process.app is down");
        cluster.run(30_000);
        assertThat(n2.serves()).isFalse();
    }

    @Test
    void aPersonsStopInTheMiddleOfARestartIsHeeded() {
        actions(Action.RESTART, Action.NONE);
        alone();
        killApplication(n1);
        until("it begins", () -> n1.status().reason().contains("restarting"));
        done(n1, Verb.STOP);
        assertThat(n1.is(State.STOP)).isTrue();
        assertThat(n1.application.runs()).isFalse();
    }

    @Test
    void aLinkLostInTheMiddleOfARestartLosesNothing() {
        for (int cutAfterMs = 0; cutAfterMs < 2_500; cutAfterMs += 50) {
            actions(Action.RESTART, Action.NONE);
            bothReady();
            killApplication(n1);
            cluster.run(cutAfterMs);
            cutOff();
            cluster.witness = SimulatedCluster.Witness.LEASE;
            cluster.run(20_000);
            heartbeatsPassAgain();
            cluster.connect();
            until("one serves, the other mirrors", () -> cluster.mirrors(n1) || cluster.mirrors(n2));
            SimulatedNode primary = n1.serves() ? n1 : n2;
            assertThat(primary.disk.holds(first)).isTrue();
        }
    }

    @Test
    void waitLeavesTheRoleToASecondThatHasWhatIsNeeded() {
        actions(Action.RESTART, Action.WAIT);
        bothReady();
        n1.checks.resource(false);
        until("the role moves", () -> cluster.mirrors(n2));
        assertThat(n1.status().told()).contains("what the module needs is missing: ping.router is down");
        cluster.crash(n2);
        cluster.run(10_000);
        assertThat(n1.serves()).as("nor does it take over").isFalse();
        n1.checks.resource(true);
        until("until it is back", n1::serves);
    }

    @Test
    void waitWithoutSuchASecondEndsTheServiceUntilItIsBack() {
        actions(Action.RESTART, Action.WAIT);
        alone();
        n1.checks.resource(false);
        shows(n1, State.WAIT, Readiness.NOT_READY);
        assertThat(n1.primary.isPresent() || n1.addresses || n1.application.runs())
                .isFalse();
        assertThat(refusal(n1, Verb.PRIM)).contains("without what it needs: ping.router is down");
        n1.checks.resource(true);
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n1.write()).isTrue();
    }

    @Test
    void whoeverHasItFirstAgainServes() {
        actions(Action.RESTART, Action.WAIT);
        bothReady();
        n2.checks.resource(false);
        cluster.run(3_000);
        n1.checks.resource(false);
        shows(n1, State.WAIT, Readiness.NOT_READY);
        cluster.run(10_000);
        assertThat(n2.serves()).isFalse();
        n2.checks.resource(true);
        until("n2 serves", n2::serves);
        assertThat(n2.disk.holds(first)).isTrue();
        until("n1 mirrors", () -> cluster.mirrors(n2));
    }

    @Test
    void aResourceThatBothLackMovesNothing() {
        actions(Action.RESTART, Action.STOPSTART);
        bothReady();
        n2.checks.resource(false);
        cluster.run(3_000);
        n1.checks.resource(false);
        cluster.run(60_000);
        assertThat(cluster.mirrors(n1)).withFailMessage(this::history).isTrue();
        assertThat(history(n1).stream().filter(line -> line.contains("stopstart is not possible")))
                .as("said once")
                .hasSize(1);
        n2.checks.resource(true);
        until("until one has it", () -> cluster.mirrors(n2));
    }

    @Test
    void whatWasSeenOfAnEarlierRunOfTheApplicationSaysNothing() {
        actions(Action.RESTART, Action.NONE);
        alone();
        killApplication(n1);
        until("started anew", n1.application::runs);
        cluster.run(5_000);
        n1.feed(new Event.CheckerSaid(SimulatedChecks.APPLICATION, 1, CheckerResult.DOWN, "late"));
        cluster.run(20_000);
        assertThat(history()).doesNotContain("(late)");
    }

    @Test
    void whatIsDownBeforeItWasEverUpCountsOnlyAfterTheTimeForTheStart() {
        rules(new ApplicationRules(
                Set.of("tcp.db"),
                Set.of(),
                Set.of(),
                List.of(new Rule(List.of(new Condition("tcp.db", CheckerResult.DOWN)), 0, Action.RESTART)),
                3,
                HOUR_MS,
                10_000));
        cluster.connect();
        done(n1, Verb.PRIM);
        n1.feed(new Event.CheckerSaid("tcp.db", 1, CheckerResult.DOWN, "refused"));
        cluster.run(9_000);
        assertThat(history()).contains("not counted yet").doesNotContain("restart:");
        until("it had its time", () -> history().contains("restart: tcp.db is down (refused)"));
    }

    @Test
    void aRuleHoldsOnlyAfterItsTimeAndItsConditions() {
        rules(new ApplicationRules(
                Set.of(SimulatedChecks.APPLICATION, "tcp.db"),
                Set.of(),
                Set.of(SimulatedChecks.RESOURCE),
                List.of(new Rule(
                        List.of(
                                new Condition("tcp.db", CheckerResult.DOWN),
                                new Condition(SimulatedChecks.RESOURCE, CheckerResult.UP)),
                        10_000,
                        Action.RESTART)),
                3,
                HOUR_MS,
                10_000));
        alone();
        n1.feed(new Event.CheckerSaid("tcp.db", 1, CheckerResult.UP, ""));
        n1.feed(new Event.CheckerSaid("tcp.db", 1, CheckerResult.DOWN, "refused"));
        cluster.run(9_000);
        assertThat(history()).doesNotContain("restart:");
        n1.checks.resource(false);
        cluster.run(9_000);
        assertThat(history()).doesNotContain("restart:");
        n1.checks.resource(true);
        until("the rule", () -> history().contains("restart: tcp.db is down (refused) and ping.router is up"));
    }
}
