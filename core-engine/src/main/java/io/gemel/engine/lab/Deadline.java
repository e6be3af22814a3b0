package io.gemel.engine.lab;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** A wait that polls a condition and always ends. */
final class Deadline {

    private static final long POLL_MS = 20;

    private final long endNs;

    private Deadline(long endNs) {
        this.endNs = endNs;
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    boolean passed() {
        return System.nanoTime() - endNs >= 0;
    }

    /** Waits until the condition holds; false when the time has passed first. */
    boolean await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (passed()) {
                return false;
            }
            pause(POLL_MS);
        }
        return true;
    }

    static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
