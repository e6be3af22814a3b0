package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.wire.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Kills the primary under clients again and again, and tells how long they waited: detection, takeover and the start of the
 * application together, as a client at the virtual IP sees it.
 */
public final class FailoverTrial {

    private static final Duration READY = Duration.ofMinutes(3);
    private static final Duration WRITING = Duration.ofMinutes(1);
    private static final long BEFORE_MS = 2_000;
    private static final long AFTER_MS = 2_000;

    private final LabOptions options;
    private final int runs;
    private final PrintWriter out;
    private final DemoApplication application = new JournalApplication();

    /**
     * @param options the lab; its detection time is what is tried
     * @param runs how often
     * @param out where each run is told
     */
    public FailoverTrial(LabOptions options, int runs, PrintWriter out) {
        this.options = options;
        this.runs = runs;
        this.out = out;
    }

    /** Runs; whether no acknowledged write was lost. */
    public boolean run() {
        List<Long> waitsMs = new ArrayList<>();
        boolean good = true;
        try (LabOfTrial up = new LabOfTrial(makeLab())) {
            Lab lab = up.lab;
            application.makeData(lab, "n1");
            must(lab.exec(READY, "n1", List.of("gemel", "prim", application.module())));
            must(lab.exec(READY, "n2", List.of("gemel", "second", application.module())));
            String primary = "n1";
            for (int run = 1; run <= runs; run++) {
                String survivor = primary.equals("n1") ? "n2" : "n1";
                awaitMirror(lab, primary, survivor);
                JournalReport report = kill(lab, primary, survivor);
                waitsMs.add(report.longestWaitMs());
                good &= report.acknowledged() > 0 && report.nothingLost();
                say("run " + run + ": " + primary + " killed; " + report.sentence());
                lab.start(primary);
                primary = survivor;
            }
        }
        List<Long> sorted = waitsMs.stream().sorted().toList();
        say(String.format(
                Locale.ROOT,
                "%d runs, detection %d ms: clients waited %.2f s (median), %.2f s at most, the application's start included;"
                        + " %s",
                runs,
                options.detection().toMillis(),
                sorted.get(sorted.size() / 2) / 1e3,
                sorted.getLast() / 1e3,
                good ? "no acknowledged write was lost" : "ACKNOWLEDGED WRITES WERE LOST"));
        return good;
    }

    /** The lab, which also an interruption of this program removes. */
    private static final class LabOfTrial implements AutoCloseable {
        private final Lab lab;
        private final Thread hook;

        LabOfTrial(Lab lab) {
            this.lab = lab;
            hook = new Thread(lab::down, "failover-ends");
            Runtime.getRuntime().addShutdownHook(hook);
        }

        @Override
        public void close() {
            lab.down();
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    private Lab makeLab() {
        Path work = Demo.workDirectory();
        try {
            Lab.down(options.name());
            return Lab.up(application.prepare(options, work));
        } finally {
            Demo.remove(work);
        }
    }

    private JournalReport kill(Lab lab, String primary, String survivor) {
        try (DemoClients clients = application.startClients(lab)) {
            if (!Deadline.in(WRITING).await(clients::writing)) {
                throw new Problem("the service did not answer the clients", "gemel lab state --name " + options.name());
            }
            Deadline.pause(BEFORE_MS);
            lab.kill(primary);
            await(lab, survivor, State.ALONE);
            Deadline.pause(AFTER_MS);
            return clients.finish();
        }
    }

    private void awaitMirror(Lab lab, String primary, String second) {
        await(lab, primary, State.PRIM);
        await(lab, second, State.SECOND);
    }

    private void await(Lab lab, String node, State state) {
        if (!Deadline.in(READY).await(() -> is(lab, node, state))) {
            throw new Problem(node + " did not become " + state + " READY", "gemel lab state --name " + options.name());
        }
    }

    private boolean is(Lab lab, String node, State state) {
        ExecResult result = lab.exec(READY, node, List.of("gemel", "state", "--json"));
        if (!result.ok()) {
            return false;
        }
        Optional<NodeState> found = Json.read(ClusterState.class, result.out()).modules().stream()
                .filter(module -> module.name().equals(application.module()))
                .flatMap(module -> module.nodes().stream())
                .filter(each -> each.node().equals(node))
                .findFirst();
        return found.filter(each -> each.state() == state && each.readiness() == Readiness.READY)
                .isPresent();
    }

    private static void must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem(result.whatItSaid(), "gemel state");
        }
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
