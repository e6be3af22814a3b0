package io.gemel.engine.control;

import io.gemel.protocol.model.Health;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code /metrics} says: each module on each node as this node knows it, and the engine itself. Names end with their
 * unit; booleans are 0 and 1.
 */
final class Metrics implements AutoCloseable {

    private static final String OPEN_METRICS = "application/openmetrics-text";
    private static final double MS_A_SECOND = 1_000;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CommandService service;
    private final MultiGauge serviceUp = gauge("gemel.module.service.up", "whether the service is up");
    private final MultiGauge isProtected = gauge("gemel.module.protected", "whether one node could be lost now");
    private final MultiGauge state = gauge("gemel.node.state", "1 for the state that the module is in on the node");
    private final MultiGauge ready = gauge("gemel.node.ready", "whether the state is held");
    private final MultiGauge age = gauge("gemel.node.age.seconds", "how old this knowledge is");
    private final MultiGauge sent = gauge("gemel.link.sent.bytes", "sent over the node link, as this node counts");
    private final MultiGauge left = gauge("gemel.resync.left.bytes", "what a resynchronisation still has to bring");

    Metrics(ControlPlane plane, Strangers strangers) {
        this.service = plane.service();
        registry.gauge("gemel.control.sessions", plane, ControlPlane::sessions);
        registry.gauge("gemel.control.strangers", strangers, Strangers::count);
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
    }

    private MultiGauge gauge(String name, String what) {
        return MultiGauge.builder(name).description(what).register(registry);
    }

    /** All of it, as OpenMetrics. */
    synchronized String text() {
        List<MultiGauge.Row<?>> up = new ArrayList<>();
        List<MultiGauge.Row<?>> covered = new ArrayList<>();
        List<MultiGauge.Row<?>> states = new ArrayList<>();
        List<MultiGauge.Row<?>> readiness = new ArrayList<>();
        List<MultiGauge.Row<?>> ages = new ArrayList<>();
        List<MultiGauge.Row<?>> bytes = new ArrayList<>();
        List<MultiGauge.Row<?>> remaining = new ArrayList<>();
        for (ModuleState module : service.state().modules()) {
            Tags tags = Tags.of("module", module.name());
            up.add(row(tags, Health.serviceUp(module.nodes()) ? 1 : 0));
            covered.add(row(tags, Health.isProtected(module.nodes()) ? 1 : 0));
            for (NodeState node : module.nodes()) {
                Tags there = tags.and("node", node.node());
                for (State each : State.values()) {
                    states.add(row(there.and("state", each.name()), node.state() == each ? 1 : 0));
                }
                readiness.add(row(there, node.readiness() == Readiness.READY ? 1 : 0));
                ages.add(row(there, node.ageMs() / MS_A_SECOND));
                bytes.add(row(there, (double) node.link().bytesSent()));
                remaining.add(row(
                        there,
                        node.resync()
                                .map(r -> (double) (r.bytesTotal() - r.bytesDone()))
                                .orElse(0.0)));
            }
        }
        serviceUp.register(up, true);
        isProtected.register(covered, true);
        state.register(states, true);
        ready.register(readiness, true);
        age.register(ages, true);
        sent.register(bytes, true);
        left.register(remaining, true);
        return registry.scrape(OPEN_METRICS);
    }

    private static MultiGauge.Row<?> row(Tags tags, double value) {
        return MultiGauge.Row.of(tags, value);
    }

    @Override
    public void close() {
        registry.close();
    }
}
