package io.gemel.engine.net;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/** Keeps whoever knocks at an open port from filling the disk with log lines. */
final class LogLimit {

    private static final int LINES_A_MINUTE = 10;
    private static final long WINDOW_NS = TimeUnit.MINUTES.toNanos(1);

    private final Logger log;
    private long windowStartNs = System.nanoTime();
    private long lines;

    LogLimit(Logger log) {
        this.log = log;
    }

    synchronized void warn(String line) {
        long nowNs = System.nanoTime();
        if (nowNs - windowStartNs >= WINDOW_NS) {
            if (lines > LINES_A_MINUTE) {
                log.warn("{} more lines like this were left out", lines - LINES_A_MINUTE);
            }
            windowStartNs = nowNs;
            lines = 0;
        }
        lines++;
        if (lines <= LINES_A_MINUTE) {
            log.warn(line);
        }
    }
}
