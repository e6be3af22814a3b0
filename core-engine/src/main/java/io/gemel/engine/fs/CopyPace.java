package io.gemel.engine.fs;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Holds a copy back to a number of bytes a second, so that it leaves the rest of the network to others. For one thread. */
public final class CopyPace {

    /** What was not used may be made up for within this time. */
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** How long it may take at most to see that the copy has ended. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final long bytesPerSecond;
    private final LongSupplier nanoClock;
    private final LongConsumer sleep;

    /** When what was sent so far would have been sent at exactly this pace. */
    private long dueNanos;

    /**
     * @param bytesPerSecond at most; 0 for no limit
     * @param nanoClock monotonic, in nanoseconds
     * @param sleep waits about as many nanoseconds
     */
    public CopyPace(long bytesPerSecond, LongSupplier nanoClock, LongConsumer sleep) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanoClock = nanoClock;
        this.sleep = sleep;
        dueNanos = nanoClock.getAsLong();
    }

    /** Bytes were sent. */
    void sent(long bytes) {
        if (bytesPerSecond > 0) {
            dueNanos = Math.max(dueNanos, nanoClock.getAsLong() - BURST_NANOS) + (long) (bytes * 1e9 / bytesPerSecond);
        }
    }

    /** Waits until more may be sent, as long as that is wanted. */
    void await(BooleanSupplier wanted) {
        for (long left = left(); left > 0 && wanted.getAsBoolean(); left = left()) {
            sleep.accept(Math.min(left, STEP_NANOS));
        }
    }

    private long left() {
        return bytesPerSecond == 0 ? 0 : dueNanos - nanoClock.getAsLong();
    }
}
