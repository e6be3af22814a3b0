package io.gemel.engine.module;

import io.gemel.engine.cluster.Action;
import java.time.Duration;
import java.util.Objects;

/**
 * One checker of a module.
 *
 * @param label its name within its kind
 * @param probe what it watches
 * @param interval between two looks
 * @param timeout how long one look may take
 * @param failures so many bad looks in a row make it down
 * @param action what follows when it is down; NONE also where a failure rule says
 */
public record CheckerConfig(
        String label, Probe probe, Duration interval, Duration timeout, int failures, Action action) {

    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    public CheckerConfig {
        Objects.requireNonNull(label, "label");
        Objects.requireNonNull(probe, "probe");
        Objects.requireNonNull(interval, "interval");
        Objects.requireNonNull(timeout, "timeout");
        Objects.requireNonNull(action, "action");
    }

    /** What rules and people call it: {@code tcp.db}. */
    public String name() {
        return probe.kind().word() + "." + label;
    }

    CheckerConfig with(Action other) {
        return new CheckerConfig(label, probe, interval, timeout, failures, other);
    }
}
