package io.gemel.engine.lab.torture;

import java.util.List;
import java.util.SplittableRandom;

/** Seeded choices: the same seed gives the same choices for ever. */
final class Dice {

    private final SplittableRandom random;

    Dice(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** True in so many of a hundred cases. */
    boolean percent(int chance) {
        return random.nextInt(100) < chance;
    }

    /** A number from {@code low} to {@code high}, both included. */
    int between(int low, int high) {
        return random.nextInt(low, high + 1);
    }

    /** As {@link #between(int, int)}. */
    long between(long low, long high) {
        return random.nextLong(low, high + 1);
    }

    long seed() {
        return random.nextLong() >>> 1;
    }

    <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    @SafeVarargs
    final <T> T any(T... all) {
        return all[random.nextInt(all.length)];
    }
}
