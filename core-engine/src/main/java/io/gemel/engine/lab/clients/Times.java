package io.gemel.engine.lab.clients;

import java.util.List;
import java.util.Locale;

/** Times of many events, in microseconds. */
record Times(List<Long> sortedUs) {

    private static final double US_A_MS = 1e3;

    Times {
        sortedUs = sortedUs.stream().sorted().toList();
    }

    /** The time that this share of them, from 0 to 1, does not exceed, in milliseconds; 0 of none. */
    double withinMs(double share) {
        if (sortedUs.isEmpty()) {
            return 0;
        }
        int rank = (int) Math.ceil(share * sortedUs.size());
        return sortedUs.get(Math.max(0, rank - 1)) / US_A_MS;
    }

    /** For people. */
    String sentence() {
        return String.format(
                Locale.ROOT,
                "median %.1f ms, p99 %.1f ms, most %.1f ms (%d)",
                withinMs(0.5),
                withinMs(0.99),
                withinMs(1),
                sortedUs.size());
    }
}
