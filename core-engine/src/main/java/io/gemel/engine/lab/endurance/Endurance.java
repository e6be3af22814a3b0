package io.gemel.engine.lab.endurance;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.ReportingClient;
import io.gemel.engine.lab.demo.DemoApplication;
import io.gemel.engine.lab.records.RecordReport;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Faults at random, for as long as is wished, under clients that number their records; and at the end a verdict. */
public final class Endurance {

    private static final int CLIENTS = 4;
    private static final int RECORDS_PER_SECOND = 160;
    private static final Duration BEGIN = Duration.ofMinutes(1);
    private static final Duration WHOLE = Duration.ofMinutes(3);
    private static final Duration CHECK = Duration.ofMinutes(5);
    private static final Duration SAME = Duration.ofMinutes(1);

    /** When the mirror is whole and nothing is confirmed for so long, a person looks. */
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private static final long CONFIRMED_WITHIN_MS = 1_500;

    private final EnduranceOptions options;
    private final DemoApplication application;
    private final PrintWriter out;
    private final Path place;
    private final Chronicle chronicle;
    private volatile boolean interrupted;
    private int episodes;
    private int faults;
    private int typed;
    private int looksTold;
    private RecordReport report = RecordReport.nothing();

    /** @param out where it tells what happens; the last line is the verdict */
    public Endurance(EnduranceOptions options, PrintWriter out) {
        this.options = options;
        this.application = DemoApplication.named(options.application());
        this.out = out;
        this.place = options.keep().resolve(options.application() + "-seed-" + options.seed());
        try {
            remove(place);
            Files.createDirectories(place);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.chronicle = new Chronicle(out, place.resolve("history"));
    }

    /** Runs; whether everything was as promised. The lab is gone then, also when the process is told to end. */
    public boolean run() {
        chronicle.tell(String.format(
                Locale.ROOT,
                "%s, seed %d, %d s; disks %s",
                options.application(),
                options.seed(),
                options.time().toSeconds(),
                options.losesPower() ? "lose in a power cut what was not fsynced" : "are filled now and then"));
        Thread hook = new Thread(this::interrupt, "torture-ends");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Lab.down(options.lab());
            Path work = Files.createDirectories(place.resolve("work"));
            Files.createDirectories(work.resolve("modules"));
            try (EnduranceLab up = EnduranceLab.up(options, application, work)) {
                torture(up);
                if (!chronicle.anomalies().isEmpty()) {
                    keep(up);
                }
            }
            remove(work);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            if (interrupted) {
                return false;
            }
            throw e;
        } finally {
            forget(hook);
        }
        return verdict();
    }

    private void torture(EnduranceLab up) {
        LogWatch logs = new LogWatch(up, chronicle);
        try (ReportingClient<RecordReport> clients = startClients(up);
                RoleWatch roles = new RoleWatch(up, chronicle)) {
            if (!Deadline.in(BEGIN).await(() -> clients.last().acknowledged() > 0)) {
                throw new Problem("the application does not confirm anything", "look at the engines' logs");
            }
            chronicle.tell("clients write; " + up.describe());
            FaultHands hands = new FaultHands(up, chronicle);
            FaultPlan plan = new FaultPlan(options.seed(), !options.losesPower());
            long end = System.nanoTime() + options.time().toNanos();
            while (System.nanoTime() < end && !interrupted) {
                episode(plan.next(), up, hands, clients);
                logs.look(hands.lately());
                tellLooks(clients.last(), hands);
            }
            awaitWhole(up, clients);
            chronicle.tell("the last fault is mended; the clients end and ask for everything");
            report = clients.finish(CHECK);
            tellLooks(report, hands);
            report.complaints().forEach(chronicle::anomaly);
            roles.end();
            logs.look(hands.lately());
            logs.lookAtServers();
        }
        compareTrees(up);
        logs.look(Set.of());
    }

    /**
     * A node that goes on after a freeze answers with what it had until it notices that it was replaced; it confirms
     * nothing. At any other time a client must see all that was confirmed.
     */
    private void tellLooks(RecordReport now, FaultHands hands) {
        for (String look : now.looks().subList(looksTold, now.looks().size())) {
            if (hands.thawedAround(Instant.parse(look.substring(0, look.indexOf(' '))))) {
                chronicle.tell("  a node that was frozen shows what it had: " + look);
            } else {
                chronicle.anomaly(look);
            }
        }
        looksTold = now.looks().size();
    }

    private ReportingClient<RecordReport> startClients(EnduranceLab up) {
        List<String> command = new ArrayList<>(List.of(
                "gemel",
                "lab",
                "records",
                "--app",
                options.application(),
                "--to",
                DemoApplication.VIRTUAL_IP,
                "--clients",
                Integer.toString(CLIENTS),
                "--rate",
                Integer.toString(RECORDS_PER_SECOND),
                "--logs",
                place.resolve("clients").toString()));
        if (options.careless()) {
            command.add("--careless");
        }
        return new ReportingClient<>(up.lab, command, RecordReport.class, RecordReport.nothing());
    }

    private void episode(Episode episode, EnduranceLab up, FaultHands hands, ReportingClient<RecordReport> clients) {
        episodes++;
        Deadline.pause(episode.quietMs());
        for (Fault fault : episode.faults()) {
            if (options.without().contains(fault.kind())) {
                continue;
            }
            faults++;
            hands.inflict(fault);
            Deadline.pause(fault.holdMs());
        }
        hands.mend();
        if (episode.patient()) {
            awaitWhole(up, clients);
        }
    }

    /** Until the mirror is whole and the clients are served. */
    private void awaitWhole(EnduranceLab up, ReportingClient<RecordReport> clients) {
        if (!Deadline.in(WHOLE).await(up::isWhole)) {
            EnduranceLab.NODES.forEach(up.lab::dumpThreads);
            chronicle.anomaly("the mirror is not whole " + WHOLE.toSeconds() + " s after everything was mended: "
                    + up.describe() + "; what each thread does stands in the engines' logs");
            return;
        }
        if (!Deadline.in(PATIENCE).await(() -> isServed(clients))) {
            // An application that died under a full disk or a failed write: a person starts it on the other node.
            typed++;
            String primary = up.primary();
            ExecResult result = up.gemel(primary, "swap", up.module());
            chronicle.tell("nothing is confirmed though the mirror is whole: on " + primary + ", `gemel swap`"
                    + (result.ok() ? "" : ": " + result.whatItSaid()));
            if (!Deadline.in(WHOLE).await(() -> up.isWhole() && isServed(clients))) {
                chronicle.anomaly("the clients are not served: " + up.describe());
            }
        }
    }

    private static boolean isServed(ReportingClient<RecordReport> clients) {
        return clients.last().silentMs() < CONFIRMED_WITHIN_MS;
    }

    /** With the application stopped, both nodes hold the same, to the byte and the attribute. */
    private void compareTrees(EnduranceLab up) {
        String primary = up.primary();
        ExecResult stopped = up.gemel(primary, "stop", up.module());
        if (!stopped.ok()) {
            chronicle.anomaly("the module cannot be stopped: " + stopped.whatItSaid());
        }
        List<List<String>> trees = new ArrayList<>();
        boolean same = Deadline.in(SAME).await(() -> {
            trees.clear();
            EnduranceLab.NODES.forEach(node -> trees.add(manifest(up, node)));
            return trees.getFirst().equals(trees.getLast());
        });
        if (same) {
            chronicle.tell("both trees are the same, " + trees.getFirst().size() + " objects");
            return;
        }
        List<String> one = new ArrayList<>(trees.getFirst());
        one.removeAll(trees.getLast());
        List<String> two = new ArrayList<>(trees.getLast());
        two.removeAll(trees.getFirst());
        chronicle.anomaly("the trees differ: n1 " + one + " n2 " + two);
    }

    /** Where a file has holes is not compared: the kernel shows what its page cache happens to hold. */
    private List<String> manifest(EnduranceLab up, String node) {
        ExecResult result = up.exec(node, "gemel", "torture", "manifest", application.directory());
        if (!result.ok()) {
            return List.of(node + " cannot be listed: " + result.whatItSaid());
        }
        return result.out()
                .lines()
                .map(line -> line.replaceFirst(" data=\\S*$", ""))
                .toList();
    }

    /** What is needed to understand a run that failed. */
    private void keep(EnduranceLab up) {
        for (String node : EnduranceLab.NODES) {
            try {
                Files.copy(
                        up.lab.engineLog(node),
                        place.resolve(node + ".engine.log"),
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                chronicle.tell("the engine's log of " + node + " cannot be kept: " + e);
            }
            String where = place.resolve(node).toString();
            up.exec(
                    node,
                    "bash",
                    "-c",
                    "mkdir -p " + where + "; cp -a /var/log/postgresql /var/log/mysql " + where + " 2>/dev/null; cp -a "
                            + application.directory() + " " + where);
        }
    }

    private void interrupt() {
        interrupted = true;
        chronicle.tell("interrupted: the lab is taken down");
        Lab.down(options.lab());
        List<String> anomalies = chronicle.anomalies();
        anomalies.forEach(out::println);
        out.println((anomalies.isEmpty()
                        ? "INTERRUPTED: nothing wrong was seen"
                        : "FAILED: " + anomalies.size() + " anomalies")
                + " until then; what was confirmed was not asked for");
        out.flush();
    }

    private boolean verdict() {
        List<String> anomalies = chronicle.anomalies();
        String numbers = String.format(
                Locale.ROOT,
                "%s, seed %d, %d s, %d faults in %d episodes, %,d records confirmed, %,d found in order, once; longest wait"
                        + " %.1f s, %d decisions of a person",
                options.application(),
                options.seed(),
                options.time().toSeconds(),
                faults,
                episodes,
                report.acknowledged(),
                report.found(),
                report.longestWaitMs() / 1e3,
                typed);
        boolean good = anomalies.isEmpty() && report.acknowledged() > 0 && report.found() == report.acknowledged();
        if (!anomalies.isEmpty()) {
            chronicle.tell("anomalies:");
            anomalies.forEach(out::println);
        }
        if (!good) {
            out.println("kept: " + place);
        }
        chronicle.tell("end");
        out.println((good ? "PASSED: " : "FAILED: " + anomalies.size() + " anomalies; ") + numbers);
        out.flush();
        return good;
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It runs already.
        }
    }

    private static void remove(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> paths = Files.walk(directory)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
