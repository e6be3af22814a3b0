package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Outcome;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.List;
import java.util.Optional;

/** A simulated cluster, and what tests of it ask again and again. */
abstract class TwoNodes {

    static final long LONG_MS = 20_000;

    final Trace trace = new Trace();
    SimulatedCluster cluster = new SimulatedCluster(7, Bug.NONE, Optional.of(trace), Optional.empty());
    SimulatedNode n1 = cluster.n1;
    SimulatedNode n2 = cluster.n2;

    /** The number of the write before the first fault. */
    long first;

    String history() {
        return String.join("\n", trace.lines());
    }

    List<String> history(SimulatedNode node) {
        return trace.lines().stream()
                .filter(line -> line.contains("  " + node.name + "  "))
                .toList();
    }

    void bothHaveTheSame() {
        assertThat(n1.disk.isSameAs(n2.disk))
                .withFailMessage(() -> n1.disk + "\n" + n2.disk + "\n" + history())
                .isTrue();
    }

    void shows(SimulatedNode node, State state, Readiness readiness) {
        assertThat(cluster.runUntil(
                        LONG_MS,
                        () -> node.status().state() == state && node.status().readiness() == readiness))
                .withFailMessage(() -> node.name + " is " + node.status() + ", expected " + state + "\n" + history())
                .isTrue();
    }

    Outcome outcome(SimulatedNode node, Verb verb, boolean force) {
        String id = node.command(verb, force);
        assertThat(cluster.runUntil(LONG_MS, () -> node.answers.containsKey(id)))
                .withFailMessage(() -> verb + " was never answered\n" + history())
                .isTrue();
        return node.answers.get(id);
    }

    void done(SimulatedNode node, Verb verb) {
        assertThat(outcome(node, verb, false)).isInstanceOf(Outcome.Done.class);
    }

    String refusal(SimulatedNode node, Verb verb) {
        Outcome outcome = outcome(node, verb, false);
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        Outcome.Failed failed = (Outcome.Failed) outcome;
        assertThat(failed.problem().nextStep()).isNotBlank();
        return failed.problem().what();
    }

    /** Neither hears the other, over nothing. */
    void cutOff() {
        cluster.beats(n1, false);
        cluster.beats(n2, false);
        cluster.cut();
    }

    void heartbeatsPassAgain() {
        cluster.beats(n1, true);
        cluster.beats(n2, true);
    }

    void bothReady() {
        cluster.connect();
        done(n1, Verb.PRIM);
        assertThat(n1.write()).isTrue();
        first = n1.application.lastWritten();
        done(n2, Verb.SECOND);
        shows(n1, State.PRIM, Readiness.READY);
        shows(n2, State.SECOND, Readiness.READY);
        bothHaveTheSame();
    }
}
