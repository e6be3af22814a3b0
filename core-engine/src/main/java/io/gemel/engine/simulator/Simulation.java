package io.gemel.engine.simulator;

import java.util.List;
import java.util.Optional;

/** Runs histories, each from one number: the same number runs the same history. */
public final class Simulation {

    private Simulation() {}

    /**
     * What came of one history.
     *
     * @param seed its number
     * @param resyncs how often only what changed was sent
     * @param takeOvers how often a second became primary because its primary was lost
     * @param acknowledged how many calls clients were told to be done
     * @param diverged whether two histories were nobody's fault, so that less could be checked
     * @param broken what was wrong, if anything was
     */
    public record Outcome(
            long seed, int resyncs, int takeOvers, long acknowledged, boolean diverged, Optional<String> broken) {}

    /** What came of some histories together; {@code diverged} is how many of them. */
    public record Total(long resyncs, long takeOvers, long acknowledged, long diverged) {
        /** Of none. */
        public static final Total NOTHING = new Total(0, 0, 0, 0);

        /** With one more. */
        public Total plus(Outcome one) {
            return new Total(
                    resyncs + one.resyncs,
                    takeOvers + one.takeOvers,
                    acknowledged + one.acknowledged,
                    diverged + (one.diverged ? 1 : 0));
        }
    }

    /**
     * Runs one history.
     *
     * @param bug a deliberate error in it
     */
    public static Outcome run(long seed, Bug bug) {
        return run(new History(seed, bug, Optional.empty()), seed);
    }

    /** Runs one history again, and tells what happened, a line each, with what was wrong at the end. */
    public static List<String> trace(long seed, Bug bug) {
        Trace trace = new Trace();
        Outcome outcome = run(new History(seed, bug, Optional.of(trace)), seed);
        trace.lines().add(outcome.broken().orElse("no promise was broken"));
        return trace.lines();
    }

    private static Outcome run(History history, long seed) {
        Optional<String> broken = Optional.empty();
        try {
            history.run();
        } catch (BrokenPromise e) {
            broken = Optional.of(e.getMessage());
        } catch (RuntimeException e) {
            broken = Optional.of(e + at(e));
        }
        SimulatedCluster cluster = history.cluster;
        return new Outcome(
                seed, cluster.resyncs, cluster.takeOvers, cluster.acknowledged.count(), cluster.mayDiverge(), broken);
    }

    private static String at(RuntimeException e) {
        StackTraceElement[] stack = e.getStackTrace();
        return stack.length == 0 ? "" : " at " + stack[0];
    }
}
