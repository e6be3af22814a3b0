package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.failover.AddressWatch;
import io.gemel.engine.lab.failover.Roles;
import io.gemel.engine.lab.failover.TrialLab;
import io.gemel.engine.lab.failover.Waits;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.State;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * Kills the primary under clients again and again, and tells how long they waited, and how much of that was Gemel's and how
 * much the application's start.
 */
public final class FailoverTrial {

    private static final Duration WRITING = Duration.ofMinutes(1);
    private static final long BEFORE_MS = 2_000;
    private static final long AFTER_MS = 2_000;

    /** What a failover may take beside the detection: two thirds of it, but half a second in any case. */
    private static final long LEAST_SWITCH_MS = 500;

    private final LabOptions options;
    private final int runs;
    private final PrintWriter out;
    private final DemoApplication application;

    /**
     * One run.
     *
     * @param report what the clients saw
     * @param noticedMs from the kill until the survivor began to take over
     * @param addressMs for how long the virtual IP did not answer
     * @param beginMs from the kill until the application's start began on the survivor
     * @param alarms what looked like a loss before anything was killed
     */
    private record Run(JournalReport report, long noticedMs, long addressMs, long beginMs, List<String> alarms) {

        /** What is Gemel's: until the address answers and the application may start. */
        long switchMs() {
            return Math.max(addressMs, beginMs);
        }

        /** From the beginning of the application's start to the first answer, as the client that waited longest saw it. */
        long applicationMs() {
            return Math.max(0, report.longestWaitMs() - beginMs);
        }

        boolean good() {
            return report.acknowledged() > 0 && report.nothingLost();
        }
    }

    /**
     * @param options the lab; its detection time is what is tried
     * @param application journal, postgresql or mariadb
     * @param runs how often
     * @param out where each run is told
     */
    public FailoverTrial(LabOptions options, String application, int runs, PrintWriter out) {
        this.options = options;
        this.application = DemoApplication.named(application);
        this.runs = runs;
        this.out = out;
    }

    /** The longest that a failover may take without the application's start: 5 s by default, 0.8 s for 300 ms. */
    private long limitMs() {
        long detectionMs = options.detection().toMillis();
        return detectionMs + Math.max(LEAST_SWITCH_MS, detectionMs * 2 / 3);
    }

    /** Runs; whether no acknowledged write was lost. */
    public boolean run() {
        List<Run> all = new ArrayList<>();
        try (TrialLab up = TrialLab.up(options.name(), work -> application.prepare(options, work))) {
            Lab lab = up.lab();
            Roles roles = new Roles(lab, application.module());
            application.makeData(lab, "n1");
            roles.begin();
            String primary = "n1";
            roles.await(primary, State.PRIM);
            application.makeReady(lab);
            for (int number = 1; number <= runs; number++) {
                String survivor = primary.equals("n1") ? "n2" : "n1";
                roles.await(primary, State.PRIM);
                roles.await(survivor, State.SECOND);
                Run run = kill(lab, roles, primary, survivor);
                all.add(run);
                tell(number, primary, run);
                lab.start(primary);
                primary = survivor;
            }
        }
        return summary(all);
    }

    private Run kill(Lab lab, Roles roles, String primary, String survivor) {
        EventTimes ofPrimary = EventTimes.from(lab.engineLog(primary));
        EventTimes ofSurvivor = EventTimes.from(lab.engineLog(survivor));
        try (DemoClients clients = application.startClients(lab);
                AddressWatch watch = AddressWatch.start(lab, DemoApplication.VIRTUAL_IP)) {
            if (!Deadline.in(WRITING).await(clients::writing)) {
                throw new Problem("the service did not answer the clients", "gemel lab state --name " + options.name());
            }
            Deadline.pause(BEFORE_MS);
            List<String> alarms = new ArrayList<>(ofPrimary.alarms());
            alarms.addAll(ofSurvivor.alarms());
            long killedMs = System.currentTimeMillis();
            lab.kill(primary);
            roles.await(survivor, State.ALONE);
            long before = clients.progress();
            if (!Deadline.in(WRITING).await(() -> clients.progress() > before)) {
                throw new Problem(
                        "the survivor does not answer the clients", "gemel lab state --name " + options.name());
            }
            Deadline.pause(AFTER_MS);
            long addressMs = watch.finish().longestGapMs();
            long noticedMs = ofSurvivor.firstMs("becoming primary", killedMs) - killedMs;
            long beginMs = ofSurvivor.firstMs("start_prim begins", killedMs) - killedMs;
            return new Run(clients.finish(), noticedMs, addressMs, beginMs, alarms);
        }
    }

    private void tell(int number, String primary, Run run) {
        run.alarms().forEach(alarm -> say("run " + number + ": false alarm before the kill: " + alarm));
        say(String.format(
                Locale.ROOT,
                "run %d: %s killed; noticed after %.2f s, the virtual IP away %.2f s, start_prim begun after %.2f s; clients waited %.2f s, of that"
                        + " %.2f s for the application's start; %,d acknowledged, %,d found%s",
                number,
                primary,
                run.noticedMs() / 1e3,
                run.addressMs() / 1e3,
                run.beginMs() / 1e3,
                run.report().longestWaitMs() / 1e3,
                run.applicationMs() / 1e3,
                run.report().acknowledged(),
                run.report().found(),
                run.switchMs() <= limitMs() ? "" : "; LONGER THAN THE LIMIT"));
    }

    private boolean summary(List<Run> all) {
        boolean good = all.stream().allMatch(Run::good);
        Waits switches = waits(all, Run::switchMs);
        long alarms = all.stream().mapToLong(run -> run.alarms().size()).sum();
        say("");
        say("| detection " + options.detection().toMillis() + " ms, in s | median | least | most |");
        say("|---|---:|---:|---:|");
        row("failover without the application's start", switches);
        row("from the kill until the survivor begins to take over", waits(all, Run::noticedMs));
        row("the virtual IP did not answer", waits(all, Run::addressMs));
        row("the application's start, as clients see it", waits(all, Run::applicationMs));
        row("clients waited, all together", waits(all, run -> run.report().longestWaitMs()));
        say("");
        say(String.format(
                Locale.ROOT,
                "Within %.1f s without the application's start: %d of %d. False alarms before a kill: %d. %s.",
                limitMs() / 1e3,
                switches.within(limitMs()),
                switches.count(),
                alarms,
                good ? "No acknowledged write was lost" : "ACKNOWLEDGED WRITES WERE LOST"));
        return good;
    }

    private static Waits waits(List<Run> all, ToLongFunction<Run> which) {
        return new Waits(all.stream().map(which::applyAsLong).toList());
    }

    private void row(String what, Waits waits) {
        say(String.format(
                Locale.ROOT,
                "| %s | %.2f | %.2f | %.2f |",
                what,
                waits.median() / 1e3,
                waits.least() / 1e3,
                waits.most() / 1e3));
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
