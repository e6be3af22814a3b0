package io.gemel.engine.module.checker;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.module.CheckerConfig;
import io.gemel.engine.module.Surveillance;
import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.CheckerState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checkers of a module on this node. Those of resources look as long as the engine lives, those of the application
 * while it runs. Safe for concurrent use.
 */
public final class Rounds implements AutoCloseable {

    /** Where a change is told; called from any thread. */
    @FunctionalInterface
    public interface Ears {
        /** @param run what {@link #watch} was given; 0 for a resource */
        void said(String checker, long run, CheckerResult result, String why);
    }

    private final String module;
    private final Surveillance surveillance;
    private final Surroundings surroundings;
    private final Ears ears;
    private final Map<String, Round> ofResources = new LinkedHashMap<>();
    private final Map<String, Round> ofApplication = new LinkedHashMap<>();

    /** Nothing looks yet. */
    public Rounds(Surroundings surroundings, Ears ears) {
        this.module = surroundings.module().name();
        this.surveillance = surroundings.module().surveillance();
        this.surroundings = surroundings;
        this.ears = ears;
    }

    /** Those of resources look from now on. */
    public synchronized void start() {
        begin(true, ofResources, 0);
    }

    /** The application runs. */
    public synchronized void watch(long run) {
        unwatch();
        begin(false, ofApplication, run);
    }

    /** It is about to end. */
    public synchronized void unwatch() {
        ofApplication.values().forEach(Round::end);
        ofApplication.clear();
    }

    private void begin(boolean resources, Map<String, Round> rounds, long run) {
        for (CheckerConfig checker : surveillance.checkers()) {
            if (surveillance.isResource(checker) == resources) {
                rounds.put(
                        checker.name(),
                        new Round(module, checker, surroundings.checker(checker), action(checker), run, ears::said));
            }
        }
    }

    private String action(CheckerConfig checker) {
        return checker.action() == Action.NONE && surveillance.isInRule(checker)
                ? "rule"
                : checker.action().word();
    }

    /** To be called now and then: looks that do not come back are noticed here. */
    public synchronized void overlook() {
        ofResources.values().forEach(Round::overlook);
        ofApplication.values().forEach(Round::overlook);
    }

    /** What each found last, in the order of the configuration. */
    public synchronized List<CheckerState> states() {
        List<CheckerState> states = new ArrayList<>();
        for (CheckerConfig checker : surveillance.checkers()) {
            Round round = ofResources.getOrDefault(checker.name(), ofApplication.get(checker.name()));
            states.add(
                    round != null
                            ? round.state()
                            : new CheckerState(
                                    checker.name(), CheckerResult.UNKNOWN, 0, "does not look now", action(checker)));
        }
        return states;
    }

    @Override
    public synchronized void close() {
        unwatch();
        ofResources.values().forEach(Round::end);
        ofResources.clear();
    }
}
