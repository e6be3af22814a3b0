package io.gemel.protocol.model;

import java.util.Objects;

/**
 * One checker of a module on a node.
 *
 * @param name its kind and its name: {@code tcp.db}
 * @param result what it found last
 * @param sinceMs for how many milliseconds it has found that
 * @param reason what it saw, in a sentence; may be empty
 * @param action what follows when it is down: {@code restart}, {@code rule} when a failure rule says
 */
public record CheckerState(String name, CheckerResult result, long sinceMs, String reason, String action) {
    public CheckerState {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(action, "action");
    }
}
