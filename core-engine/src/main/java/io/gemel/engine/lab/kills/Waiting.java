package io.gemel.engine.lab.kills;

import java.util.function.BooleanSupplier;

/** Waits that always end. */
final class Waiting {

    private static final long POLL_MS = 20;

    private Waiting() {}

    static boolean until(long timeoutMs, BooleanSupplier condition) {
        long end = System.nanoTime() + timeoutMs * 1_000_000;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
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
