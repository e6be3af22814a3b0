package io.gemel.engine.lab.clients;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ReportingClient;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What a client process costs that looks at many clusters: each of its clients is one for a cluster of its own, with its
 * own session, keys and view, though behind them all are the same two nodes. Nothing happens there: each node says every
 * two seconds that it is as it was.
 */
public final class FleetCost {

    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final long SETTLE_MS = 5_000;
    private static final double PERCENT = 100;

    private final int clusters;
    private final int seconds;
    private final PrintWriter out;

    /**
     * @param clusters how many
     * @param seconds how long the standing sessions are looked at
     * @param out where it tells what it saw
     */
    public FleetCost(int clusters, int seconds, PrintWriter out) {
        this.clusters = clusters;
        this.seconds = seconds;
        this.out = out;
    }

    /** Runs; whether all sessions stood the whole time. */
    public boolean run() {
        SoftwareKey root = SoftwareKey.generate(KeyAlgorithm.ED25519);
        SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);
        Path dir = directory();
        try (SimulatedNodes nodes = new SimulatedNodes(dir, root, clusters)) {
            nodes.grant(FirstGrant.of(root, device, System.currentTimeMillis()));
            Path plan = new ClientsPlan(device.text(), nodes.ways(), clusters, "no event").write();
            long beganNs = System.nanoTime();
            try (ReportingClient<ClientsReport> clients = ReportingClient.onThisMachine(
                    ClientsPlan.arguments(plan), ClientsReport.class, ClientsReport.NONE)) {
                if (!Deadline.in(PATIENCE).await(() -> clients.last().complete() >= clusters)) {
                    throw new Problem(
                            "of " + clusters + " sessions " + clients.last().complete() + " stand after "
                                    + PATIENCE.toSeconds() + " s",
                            "use fewer: --clusters");
                }
                long connectMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
                return look(clients, connectMs);
            }
        } finally {
            remove(dir);
        }
    }

    private boolean look(ReportingClient<ClientsReport> clients, long connectMs) {
        Deadline.pause(SETTLE_MS);
        ClientsReport before = clients.last();
        long ownBeforeMs = cpuMs();
        Deadline.pause(TimeUnit.SECONDS.toMillis(seconds));
        ClientsReport after = clients.last();
        long ownMs = cpuMs() - ownBeforeMs;
        double wallMs = after.atMs() - before.atMs();
        ClientsReport end = clients.finish(Duration.ofSeconds(60));
        out.printf(
                Locale.ROOT,
                "%d clusters in one process: all seen after %.1f s; then, over %.0f s, %.1f %% of one processor, %d threads,"
                        + " %d MiB resident, %d MiB of that Java objects in use; %d sessions ended%s. The two nodes together:"
                        + " %.1f %% of one processor%n",
                clusters,
                connectMs / 1e3,
                wallMs / 1e3,
                PERCENT * (after.cpuMs() - before.cpuMs()) / wallMs,
                after.threads(),
                after.residentKib() >> 10,
                end.heapKib() >> 10,
                after.disconnected() - before.disconnected(),
                after.lastEnd().isEmpty() ? "" : ", the last since " + after.lastEnd(),
                PERCENT * ownMs / TimeUnit.SECONDS.toMillis(seconds));
        out.flush();
        return after.disconnected() == before.disconnected();
    }

    private static long cpuMs() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return TimeUnit.NANOSECONDS.toMillis(system.getProcessCpuTime());
    }

    private static Path directory() {
        try {
            return Files.createTempDirectory("gemel-fleet");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path dir) {
        try (Stream<Path> paths = Files.walk(dir)) {
            List<Path> all = paths.sorted(Comparator.reverseOrder()).toList();
            for (Path path : all) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
