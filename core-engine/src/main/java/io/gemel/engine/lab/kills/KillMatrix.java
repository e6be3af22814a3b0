package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes a lab with disks that lose what was not flushed, and runs round after round in it. */
public final class KillMatrix {

    /** What the loads of so many epochs left stays. */
    static final int KEPT_EPOCHS = 3;

    private final KillOptions options;
    private final PrintWriter out;
    private final Map<String, int[]> byKind = new TreeMap<>();
    private int failed;
    private int full;
    private int incremental;
    private int typed;

    public KillMatrix(KillOptions options, PrintWriter out) {
        this.options = options;
        this.out = out;
    }

    /** Runs every round; whether all were good. The lab is gone then. */
    public boolean run() {
        Path work = options.keep().resolve("work-" + options.lab());
        try {
            remove(work);
            Path logs = Files.createDirectories(work.resolve("logs"));
            int round = options.first();
            int end = options.first() + options.rounds();
            while (round < end) {
                round = runInOneLab(work, logs, round, end);
                remove(work);
                Files.createDirectories(logs);
            }
            remove(work);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("the kill matrix was interrupted", "run it again", e);
        }
        verdict();
        return failed == 0;
    }

    /** Rounds in one lab, up to the first that fails: what that left is no ground to stand on. The next round's number. */
    private int runInOneLab(Path work, Path logs, int first, int end) throws IOException, InterruptedException {
        Thread hook = new Thread(() -> Lab.down(options.lab()), "kills-ends");
        Runtime.getRuntime().addShutdownHook(hook);
        try (Cluster cluster = Cluster.up(options, work)) {
            String primary = makeMirror(cluster);
            int epoch = 1;
            for (int number = first; number < end; number++) {
                Plan plan = Plan.of(options.seed(), number, options.only());
                Round round = new Round(cluster, options, logs, plan, primary, epoch);
                boolean good = runRound(round, plan, cluster, logs, epoch);
                if (!good) {
                    return number + 1;
                }
                tidy(cluster, round.primaryNow(), round.lastEpoch());
                primary = round.primaryNow();
                epoch = round.lastEpoch() + 1;
            }
        } finally {
            forget(hook);
        }
        return end;
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It runs already.
        }
    }

    private boolean runRound(Round round, Plan plan, Cluster cluster, Path logs, int epoch)
            throws IOException, InterruptedException {
        out.println("round " + plan.round() + " (seed " + options.seed() + "): " + plan.sentence());
        boolean good;
        try {
            good = round.run();
        } catch (RuntimeException e) {
            round.problems().add("the round could not go on: " + e);
            good = false;
        }
        round.story().forEach(line -> out.println("    " + line));
        count(round, plan, good);
        if (!good) {
            List<String> report = new ArrayList<>();
            report.add("seed " + options.seed() + " round " + plan.round() + ": " + plan.sentence());
            report.addAll(round.story());
            report.addAll(round.problems());
            round.problems().forEach(line -> out.println("    FAILED: " + line));
            Path place = options.keep().resolve("seed-" + options.seed() + "-round-" + plan.round());
            Evidence.keep(cluster, logs, epoch, place, report);
            out.println("    kept: " + place);
        }
        out.flush();
        return good;
    }

    private void count(Round round, Plan plan, boolean good) {
        int[] counts = byKind.computeIfAbsent(
                plan.kill().word() + " in " + plan.moment().word(), kind -> new int[2]);
        counts[good ? 0 : 1]++;
        failed += good ? 0 : 1;
        typed += round.typed();
        for (String sync : round.syncs()) {
            full += sync.contains("copying everything") ? 1 : 0;
            incremental += sync.contains("sending what changed") ? 1 : 0;
        }
    }

    private static String makeMirror(Cluster cluster) {
        StringBuilder script = new StringBuilder(
                "mkdir -p " + Cluster.DIRECTORY + " && cd " + Cluster.DIRECTORY + " && mkdir -p slots names logs");
        for (Load.SlotFile file : Load.SLOT_FILES) {
            script.append(" && truncate -s ").append((long) file.slotBytes() * file.slots());
            script.append(' ').append(file.path());
        }
        must(cluster.run("n1", "bash", "-c", script.toString()));
        must(cluster.run("n2", "mkdir", "-p", Cluster.DIRECTORY));
        must(cluster.gemel("n1", "prim", Cluster.MODULE));
        must(cluster.gemel("n2", "second", Cluster.MODULE));
        Recovery recovery = new Recovery(cluster);
        recovery.awaitMirror().ifPresent(wrong -> {
            throw new Problem("the mirror could not be made: " + wrong, "look at the engines' logs");
        });
        return recovery.primary();
    }

    private static void must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem("the lab could not be prepared: " + result.whatItSaid(), "look at the engines' logs");
        }
    }

    /** Removes what older epochs left, so that the disks do not fill. */
    private static void tidy(Cluster cluster, String primary, int lastEpoch) {
        if (lastEpoch > KEPT_EPOCHS) {
            int old = lastEpoch - KEPT_EPOCHS;
            StringBuilder script = new StringBuilder("cd " + Cluster.DIRECTORY + " && rm -rf logs/" + old);
            for (int i = 0; i < Load.NAME_WORKERS; i++) {
                script.append(" names/").append(old).append('-').append(i);
            }
            cluster.run(primary, "bash", "-c", script.toString());
        }
        // What was checked is ground to stand on, also for a round that may only ask for what was flushed.
        for (String node : Cluster.NODES) {
            cluster.run(node, "sync", "-f", "/var/lib/gemel");
        }
    }

    private static void remove(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (var paths = Files.walk(directory)) {
                for (Path path :
                        paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void verdict() {
        byKind.forEach((kind, counts) -> out.printf("%-34s %3d good %3d failed%n", kind, counts[0], counts[1]));
        int rounds = byKind.values().stream()
                .mapToInt(counts -> counts[0] + counts[1])
                .sum();
        out.println((failed == 0 ? "GOOD" : "FAILED") + ": seed " + options.seed() + ", " + rounds + " rounds, "
                + failed + " failed; resynchronisations: " + incremental + " of what changed, " + full
                + " of everything; " + typed + " decisions of a person");
        out.flush();
    }
}
