package io.gemel.engine.lab.failover;

import java.util.List;

/**
 * Times, sorted.
 *
 * @param sortedMs in milliseconds, one at least
 */
public record Waits(List<Long> sortedMs) {

    public Waits {
        if (sortedMs.isEmpty()) {
            throw new IllegalArgumentException("no times");
        }
        sortedMs = sortedMs.stream().sorted().toList();
    }

    public int count() {
        return sortedMs.size();
    }

    public long least() {
        return sortedMs.getFirst();
    }

    public long most() {
        return sortedMs.getLast();
    }

    /** The upper one of the two in the middle. */
    public long median() {
        return sortedMs.get(sortedMs.size() / 2);
    }

    /** How many are no longer than that. */
    public long within(long limitMs) {
        return sortedMs.stream().filter(ms -> ms <= limitMs).count();
    }
}
