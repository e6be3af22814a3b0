package io.gemel.engine.node;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Names for generations: the minute in which a history began, so that people can be told, and 36 random bits, so that two
 * nodes that begin one in the same minute never give it the same name.
 */
final class GenerationNames {

    private static final int RANDOM_BITS = 36;
    private static final long MINUTE_MS = TimeUnit.MINUTES.toMillis(1);

    private GenerationNames() {}

    /** Never 0 and never negative. */
    static long mint() {
        long minute = System.currentTimeMillis() / MINUTE_MS;
        return minute << RANDOM_BITS | ThreadLocalRandom.current().nextLong(1, 1L << RANDOM_BITS);
    }

    /** When a generation was named, in milliseconds since 1970, to the minute; 0 when it says nothing that can be. */
    static long mintedMs(long generation) {
        long ms = (generation >>> RANDOM_BITS) * MINUTE_MS;
        return ms > System.currentTimeMillis() ? 0 : ms;
    }
}
