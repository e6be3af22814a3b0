package io.gemel.engine.lab;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** A wait that polls a condition and always ends. */
public final class Deadline {

    private static final long POLL_MS = 20;

    private final long endNs;

    private Deadline(long endNs) {
        this.endNs = endNs;
    }

    /** A deadline that much later than now. */
    public static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    boolean passed() {
        return System.nanoTime() - endNs >= 0;
    }

    /** Waits until the condition holds; false when the time has passed first. */
    public boolean await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (passed()) {
                return false;
            }
            pause(POLL_MS);
        }
        return true;
    }

    /** Waits that long; an interruption is an IllegalStateException. */
    public static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
