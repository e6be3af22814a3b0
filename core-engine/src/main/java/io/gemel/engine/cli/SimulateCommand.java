package io.gemel.engine.cli;

import io.gemel.engine.simulator.Bug;
import io.gemel.engine.simulator.Simulation;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel simulate}: random histories of two simulated nodes; no privileges, files or network are needed. */
@Command(
        name = "simulate",
        description = {
            "Run random histories of two simulated nodes, and see whether a promise breaks.",
            "Each history comes from one number, its seed, and does the same each time: faults of machines, disks,"
                    + " networks and people, over the brain and the replication logic that the engine runs."
        })
final class SimulateCommand implements Callable<Integer> {

    private static final long SAY_EVERY_NS = TimeUnit.SECONDS.toNanos(10);

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--seeds",
            defaultValue = "1000",
            paramLabel = "N",
            description = "How many histories (default: ${DEFAULT-VALUE}).")
    private long seeds;

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "SEED",
            description = "The first one's seed (default: ${DEFAULT-VALUE}).")
    private long first;

    @Option(names = "--trace", description = "Tell what happens in that one history, step by step.")
    private boolean trace;

    @Option(
            names = "--bug",
            defaultValue = "none",
            paramLabel = "BUG",
            description = "Put a deliberate error in, which has to be found: intent-not-awaited, acknowledged-early,"
                    + " generation-not-persisted, stale-promoted, peer-not-outdated or read-outside-lock.")
    private String bug;

    private Simulation.Total total = Simulation.Total.NOTHING;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong saidNs = new AtomicLong();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Bug deliberate = bugOf(bug);
        if (trace) {
            Simulation.trace(first, deliberate).forEach(out::println);
            out.flush();
            return Simulation.run(first, deliberate).broken().isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
        }
        if (seeds < 1) {
            throw new Problem("--seeds is " + seeds, "give a number of histories above 0");
        }
        return run(out, deliberate);
    }

    private static Bug bugOf(String word) {
        return Arrays.stream(Bug.values())
                .filter(each -> each.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new Problem(
                        "there is no deliberate error " + word,
                        "one of: " + Arrays.stream(Bug.values()).map(Bug::word).collect(Collectors.joining(", "))));
    }

    private int run(PrintWriter out, Bug deliberate) {
        long beganNs = System.nanoTime();
        saidNs.set(beganNs);
        List<Simulation.Outcome> broken = LongStream.range(first, first + seeds)
                .parallel()
                .mapToObj(seed -> Simulation.run(seed, deliberate))
                .peek(this::count)
                .peek(outcome -> say(out))
                .filter(outcome -> outcome.broken().isPresent())
                .toList();
        for (Simulation.Outcome outcome : broken) {
            out.println("seed " + outcome.seed() + ": " + outcome.broken().orElseThrow());
            out.println("  replay: gemel simulate --seed " + outcome.seed() + " --trace"
                    + (deliberate == Bug.NONE ? "" : " --bug " + deliberate.word()));
        }
        double seconds = (System.nanoTime() - beganNs) / 1e9;
        out.println(String.format(
                Locale.ROOT,
                "%d histories in %.0f s, %.0f a second: a promise was broken in %d; %d resynchronisations, %d takeovers, %d"
                        + " calls acknowledged; two histories by nobody's fault, and so less checked, in %d",
                seeds,
                seconds,
                seeds / seconds,
                broken.size(),
                total.resyncs(),
                total.takeOvers(),
                total.acknowledged(),
                total.diverged()));
        out.flush();
        return broken.isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private synchronized void count(Simulation.Outcome outcome) {
        total = total.plus(outcome);
    }

    private void say(PrintWriter out) {
        long now = done.incrementAndGet();
        long last = saidNs.get();
        long nowNs = System.nanoTime();
        if (nowNs - last > SAY_EVERY_NS && saidNs.compareAndSet(last, nowNs)) {
            out.println(now + " of " + seeds + " ...");
            out.flush();
        }
    }
}
