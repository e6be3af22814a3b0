package io.gemel.engine.lab.demo;

import java.util.Locale;

/**
 * What clients of an application saw.
 *
 * @param acknowledged writes that the application acknowledged
 * @param found how many of those it still has, unchanged
 * @param longestWaitMs the longest that any client waited for one acknowledgement
 * @param reconnects how often a client had to connect anew
 */
public record JournalReport(long acknowledged, long found, long longestWaitMs, long reconnects) {

    /** Whether every acknowledged write is there. */
    public boolean nothingLost() {
        return found == acknowledged;
    }

    /** The numbers in one sentence. */
    public String sentence() {
        return String.format(
                Locale.ROOT,
                "%,d acknowledged, %,d found, longest wait %.1f s",
                acknowledged,
                found,
                longestWaitMs / 1000.0);
    }
}
