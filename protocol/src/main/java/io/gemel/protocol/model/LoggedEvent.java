package io.gemel.protocol.model;

import java.util.Objects;

/**
 * One event of a node's event log.
 *
 * @param number grows by one with each event of this node, and is never given again
 * @param timeMs when, milliseconds of the epoch
 * @param node where
 * @param module of which module
 * @param kind what it is about
 * @param text what happened and why, in a sentence
 */
public record LoggedEvent(long number, long timeMs, String node, String module, EventKind kind, String text) {
    public LoggedEvent {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(module, "module");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(text, "text");
    }
}
