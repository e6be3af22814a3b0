package io.gemel.engine.lab.torture;

import java.nio.file.Path;
import java.time.Duration;

/**
 * One run of the differential operation tester.
 *
 * @param mounted directory on the file system under test
 * @param plain directory on a plain file system of the same kind
 * @param seed what every choice comes from; the same seed repeats a run
 * @param workers processes at once
 * @param operations in all
 * @param timeout after which the run counts as hung
 * @param sabotage name of a fault to put into the mounted side, to test the tester; {@code NONE} otherwise
 */
public record TortureOptions(
        Path mounted, Path plain, long seed, int workers, long operations, Duration timeout, String sabotage) {

    /** Largest number of worker processes. */
    public static final int MOST_WORKERS = 64;

    /** The seed of one worker. */
    long seedOf(int worker) {
        return seed * 1_000_003L + worker;
    }
}
