package io.gemel.engine.lab.records;

import java.util.List;

/**
 * What the clients saw so far.
 *
 * @param acknowledged records that the application confirmed
 * @param found how many of those it showed at the end, in order, once, unchanged; 0 before
 * @param longestWaitMs the longest that any client waited for one confirmation
 * @param silentMs for how long now nothing was confirmed to anybody
 * @param reconnects how often a client had to connect anew
 * @param looks when a new connection was shown less than what had been confirmed, each beginning with the time; it may be
 *     one to a node that has not noticed yet that it was replaced
 * @param complaints what was not as promised at the end, with the time
 */
public record RecordReport(
        long acknowledged,
        long found,
        long longestWaitMs,
        long silentMs,
        long reconnects,
        List<String> looks,
        List<String> complaints) {

    public RecordReport {
        looks = List.copyOf(looks);
        complaints = List.copyOf(complaints);
    }

    /** Before the first line of a client. */
    public static RecordReport nothing() {
        return new RecordReport(0, 0, 0, 0, 0, List.of(), List.of());
    }
}
