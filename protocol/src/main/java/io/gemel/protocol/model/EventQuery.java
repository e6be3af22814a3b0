package io.gemel.protocol.model;

import java.util.Objects;

/**
 * Which events are wanted.
 *
 * @param module only of this module; empty: of all
 * @param after only those with a greater number; below 0: the newest
 * @param most at most so many
 */
public record EventQuery(String module, long after, int most) {
    public EventQuery {
        Objects.requireNonNull(module, "module");
    }
}
