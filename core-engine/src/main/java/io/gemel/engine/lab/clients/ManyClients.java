package io.gemel.engine.lab.clients;

import io.gemel.engine.lab.Deadline;
import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.client.ClusterClient;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Many clients in this process, which count and measure what they hear. */
public final class ManyClients implements AutoCloseable {

    /** So many that have not heard of every node yet are opened at once. */
    private static final int MOST_COMING = 16;

    private static final long PAUSE_MS = 5;

    private final ClientsPlan plan;
    private final Transport transport = Transport.on(Executors.newVirtualThreadPerTaskExecutor());
    private final List<ClusterClient> clients = new ArrayList<>();
    private final AtomicInteger complete = new AtomicInteger();
    private final AtomicInteger disconnected = new AtomicInteger();
    private final AtomicInteger events = new AtomicInteger();
    private volatile String lastEnd = "";
    private final Queue<Long> ownUs = new ConcurrentLinkedQueue<>();
    private final Queue<Long> relayedUs = new ConcurrentLinkedQueue<>();

    /** Nothing is opened yet. */
    public ManyClients(ClientsPlan plan) {
        this.plan = plan;
    }

    /** Opens them, a few at a time; returns when the last has begun. */
    public void open() {
        SoftwareKey key = SoftwareKey.ofText(plan.key());
        for (int i = 0; i < plan.count() && !Thread.currentThread().isInterrupted(); i++) {
            while (i - complete.get() >= MOST_COMING) {
                Deadline.pause(PAUSE_MS);
            }
            ClusterAccess way = plan.ways().get(i % plan.ways().size());
            clients.add(ClusterClient.open(transport, way, key, new Listener()));
        }
    }

    /** How it is now. */
    public ClientsReport report() {
        return report(List.of(), List.of());
    }

    /** How it was, with all times. */
    public ClientsReport last() {
        System.gc();
        return report(List.copyOf(ownUs), List.copyOf(relayedUs));
    }

    private ClientsReport report(List<Long> own, List<Long> relayed) {
        Runtime runtime = Runtime.getRuntime();
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new ClientsReport(
                complete.get(),
                events.get(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                TimeUnit.NANOSECONDS.toMillis(system.getProcessCpuTime()),
                (int) ofKernel("Threads:"),
                ofKernel("VmRSS:"),
                (runtime.totalMemory() - runtime.freeMemory()) >> 10,
                disconnected.get(),
                lastEnd,
                own,
                relayed);
    }

    /** A number of proc(5)'s status of this process; 0 when there is none. */
    private static long ofKernel(String key) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(key))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public void close() {
        clients.forEach(ClusterClient::close);
        transport.close();
    }

    /** One client's ears; its calls come one at a time. */
    private final class Listener implements ClusterListener {
        private String node = "";
        private boolean whole;

        @Override
        public void connected(String to) {
            node = to;
        }

        @Override
        public void disconnected(Refusal why) {
            lastEnd = why.what();
            disconnected.incrementAndGet();
        }

        @Override
        public void changed(ClusterState state) {
            if (!whole && hasAll(state)) {
                whole = true;
                complete.incrementAndGet();
            }
        }

        private static boolean hasAll(ClusterState state) {
            return !state.modules().isEmpty()
                    && state.modules().stream()
                            .flatMap(module -> module.nodes().stream())
                            .allMatch(each -> each.ageMs() < Long.MAX_VALUE);
        }

        @Override
        public void event(LoggedEvent event) {
            if (event.text().contains(plan.counted())) {
                // The event's own time is cut to milliseconds: half of one is added to what is measured.
                long us = ChronoUnit.MICROS.between(Instant.ofEpochMilli(event.timeMs()), Instant.now());
                (event.node().equals(node) ? ownUs : relayedUs).add(us);
                events.incrementAndGet();
            }
        }
    }
}
