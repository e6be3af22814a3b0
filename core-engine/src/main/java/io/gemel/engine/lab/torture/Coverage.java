package io.gemel.engine.lab.torture;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts how often each kind of operation succeeded and failed, so that a reader sees what a run has tried. */
final class Coverage {

    private final Map<String, int[]> counts = new TreeMap<>();

    void count(Operation operation, Outcome outcome) {
        int[] count = counts.computeIfAbsent(operation.getClass().getSimpleName(), kind -> new int[2]);
        count[outcome.failed() ? 1 : 0]++;
    }

    @Override
    public String toString() {
        return counts.entrySet().stream()
                .map(e -> "%s %d+%d".formatted(e.getKey(), e.getValue()[0], e.getValue()[1]))
                .collect(Collectors.joining(", ", "succeeded+failed: ", ""));
    }
}
