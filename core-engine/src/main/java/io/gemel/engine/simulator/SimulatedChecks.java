package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.ApplicationRules.Condition;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.protocol.model.CheckerResult;
import java.util.List;
import java.util.Set;

/** Two checkers of a node: one of its application, one of something that it needs. */
final class SimulatedChecks {

    static final String APPLICATION = "process.app";
    static final String RESOURCE = "ping.router";

    private static final int LATE_MS = 1_500;

    private final SimulatedNode node;
    private boolean watching;
    private long run;
    private boolean resourceIsThere = true;

    /** What {@link Effect.KeepFailures} kept; it survives the engine, and not the machine. */
    private List<Long> failuresMs = List.of();

    SimulatedChecks(SimulatedNode node) {
        this.node = node;
    }

    /** Rules for both, with a bound of three actions within an hour. */
    static ApplicationRules rules(Action ofApplication, Action ofResource) {
        return new ApplicationRules(
                Set.of(APPLICATION),
                Set.of(),
                Set.of(RESOURCE),
                List.of(
                        new Rule(List.of(new Condition(APPLICATION, CheckerResult.DOWN)), 0, ofApplication),
                        new Rule(List.of(new Condition(RESOURCE, CheckerResult.DOWN)), 500, ofResource)),
                3,
                3_600_000,
                10_000);
    }

    /** What an engine that starts is told. */
    Event.FailuresFound found() {
        return new Event.FailuresFound(failuresMs);
    }

    void crash(boolean withMachine) {
        watching = false;
        if (withMachine) {
            failuresMs = List.of();
        }
    }

    void carryOut(Effect.OfCheckers effect) {
        switch (effect) {
            case Effect.Watch watch -> {
                watching = true;
                run = watch.run();
                // It may have died while nobody looked.
                say(APPLICATION, node.application.runs() ? CheckerResult.UP : CheckerResult.DOWN);
                say(RESOURCE, resourceIsThere ? CheckerResult.UP : CheckerResult.DOWN);
            }
            case Effect.Unwatch end -> watching = false;
            case Effect.KeepFailures keep -> failuresMs = keep.atMs();
        }
    }

    /** The application ends by itself, at a moment when it should run. */
    void killApplication() {
        if (watching && node.application.runs()) {
            node.trace(() -> "== the application dies");
            node.application.die();
            say(APPLICATION, CheckerResult.DOWN);
        }
    }

    void resource(boolean there) {
        if (resourceIsThere != there) {
            resourceIsThere = there;
            node.trace(() -> "== what the module needs is " + (there ? "there" : "missing"));
            say(RESOURCE, there ? CheckerResult.UP : CheckerResult.DOWN);
        }
    }

    private void say(String checker, CheckerResult result) {
        long of = run;
        node.later(node.dice().nextInt(LATE_MS), () -> {
            boolean is = checker.equals(APPLICATION) ? node.application.runs() : resourceIsThere;
            boolean stillSo = is == (result == CheckerResult.UP);
            if (stillSo) {
                node.feed(new Event.CheckerSaid(checker, of, result, "in the simulator"));
            }
        });
    }
}
