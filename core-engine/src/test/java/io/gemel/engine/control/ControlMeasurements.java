package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.client.ClusterClient;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.wire.SoftwareKey;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Measures, on request ({@code -Dgemel.measure=true}); the numbers are in {@code docs/benchmarks/control.md}. */
@Timeout(300)
@EnabledIfSystemProperty(named = "gemel.measure", matches = "true")
class ControlMeasurements {

    private static final int EVENTS = 40;
    private static final int FLEET = 1_000;

    @TempDir
    Path dir;

    private final SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);

    private static ControlSettings.Limits roomy(int sessions) {
        return new ControlSettings.Limits(60_000, sessions, 256, 256, 10_000, 60_000, 43_200_000, 180_000, 0, 0);
    }

    private static long cpuMs() {
        return TimeUnit.NANOSECONDS.toMillis(
                ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime());
    }

    private static LoggedEvent event(ControlPair.Node node, long number) {
        return new LoggedEvent(number, 1, node.name, "app", EventKind.NOTE, "event " + number);
    }

    private static String row(String what, long[] nanos) {
        Arrays.sort(nanos);
        return String.format(
                Locale.ROOT,
                "%s: median %.2f ms, p99 %.2f ms, worst %.2f ms (%d)",
                what,
                nanos[nanos.length / 2] / 1e6,
                nanos[nanos.length * 99 / 100] / 1e6,
                nanos[nanos.length - 1] / 1e6,
                nanos.length);
    }

    @Test
    void fromAnEventToTheCallbackOfSixtyFourSessions() throws Exception {
        ConcurrentLinkedQueue<Long> own = new ConcurrentLinkedQueue<>();
        try (ControlPair pair = new ControlPair(dir, roomy(64));
                Transport transport = Transport.on(Executors.newVirtualThreadPerTaskExecutor())) {
            pair.n1.grant(ControlPair.grant(device, DeviceRole.MONITOR, Grant.ALL));
            long[] began = new long[EVENTS + 1];
            AtomicInteger heard = new AtomicInteger();
            List<ClusterClient> clients = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                clients.add(ClusterClient.open(transport, pair.access(pair.n1), device, new ClusterListener() {
                    @Override
                    public void event(LoggedEvent event) {
                        own.add(System.nanoTime() - began[(int) event.number()]);
                        heard.incrementAndGet();
                    }
                }));
            }
            ControlPair.await("all in", () -> pair.n1.plane.sessions() == 64);
            for (int n = 1; n <= EVENTS; n++) {
                // By turns of this node, and of the other, whose event is passed on.
                ControlPair.Node node = n % 2 == 0 ? pair.n2 : pair.n1;
                began[n] = System.nanoTime();
                node.plane.happened(event(node, n));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
            }
            ControlPair.await("all heard", () -> heard.get() == 64 * EVENTS);
            clients.forEach(ClusterClient::close);
        }
        System.out.println(row(
                "event to callback, 64 sessions",
                own.stream().mapToLong(Long::longValue).toArray()));
        assertThat(own).hasSize(64 * EVENTS);
    }

    @Test
    void aThousandClustersInOneProcess() throws Exception {
        try (ControlPair pair = new ControlPair(dir, roomy(FLEET));
                Transport transport = Transport.on(Executors.newVirtualThreadPerTaskExecutor())) {
            pair.n1.grant(ControlPair.grant(device, DeviceRole.MONITOR, "app"));
            int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
            AtomicInteger in = new AtomicInteger();
            List<ClusterClient> clients = new ArrayList<>();
            long beganNs = System.nanoTime();
            for (int i = 0; i < FLEET; i++) {
                clients.add(ClusterClient.open(transport, pair.access(pair.n1), device, new ClusterListener() {
                    @Override
                    public void connected(String node) {
                        in.incrementAndGet();
                    }
                }));
                int opened = i + 1;
                ControlPair.await("not too many at once", () -> opened - in.get() < 64);
            }
            ControlPair.await("all in", () -> in.get() >= FLEET);
            long connectMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
            long cpuMs = cpuMs();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(20));
            System.gc();
            long usedMiB =
                    (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20;
            System.out.printf(
                    Locale.ROOT,
                    "%d clusters: connected in %d ms; both sides together %.1f %% of a processor, %d MiB of heap, %d more"
                            + " platform threads%n",
                    FLEET,
                    connectMs,
                    (cpuMs() - cpuMs) / 200.0,
                    usedMiB,
                    ManagementFactory.getThreadMXBean().getThreadCount() - threadsBefore);
            assertThat(pair.n1.plane.sessions()).isEqualTo(FLEET);
            clients.forEach(ClusterClient::close);
        }
    }
}
