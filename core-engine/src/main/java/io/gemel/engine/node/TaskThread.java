package io.gemel.engine.node;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that does what it is given, in order; between tasks it is called at least once a period. */
final class TaskThread implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TaskThread.class);
    private static final int MOST_TASKS = 1_024;
    private static final long CLOSE_MS = 5_000;
    private static final long NO_PERIOD_MS = 60_000;

    private final BlockingQueue<Runnable> tasks = new ArrayBlockingQueue<>(MOST_TASKS);
    private final Thread thread;
    private final long periodMs;
    private final LongSupplier periodically;
    private volatile boolean closed;

    /** A thread that only does tasks. */
    TaskThread(String name) {
        this(name, NO_PERIOD_MS, () -> {});
    }

    /** A thread that also does something each period, late when a task takes longer. */
    TaskThread(String name, long periodMs, Runnable periodically) {
        this(name, periodMs, () -> {
            periodically.run();
            return periodMs;
        });
    }

    /**
     * A thread that also does something at least each period.
     *
     * @param periodically does it, and says after how many milliseconds it wants to be called again
     */
    TaskThread(String name, long periodMs, LongSupplier periodically) {
        this.periodMs = periodMs;
        this.periodically = periodically;
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    /** Whether there was room for it; what was accepted before {@link #close} may still not be done. */
    boolean post(Runnable task) {
        boolean accepted = !closed && tasks.offer(task);
        if (!accepted && !closed) {
            LOG.error("{} has {} tasks waiting and takes no more", thread.getName(), MOST_TASKS);
        }
        return accepted;
    }

    boolean isCurrent() {
        return Thread.currentThread().equals(thread);
    }

    private void run() {
        long nextNs = System.nanoTime();
        while (!closed) {
            try {
                long waitNs = nextNs - System.nanoTime();
                Runnable task = waitNs <= 0 ? null : tasks.poll(waitNs, TimeUnit.NANOSECONDS);
                if (task != null) {
                    task.run();
                } else {
                    long begunNs = System.nanoTime();
                    nextNs = begunNs + TimeUnit.MILLISECONDS.toNanos(periodMs);
                    long againMs = Math.clamp(periodically.getAsLong(), 1, periodMs);
                    nextNs = begunNs + TimeUnit.MILLISECONDS.toNanos(againMs);
                }
            } catch (InterruptedException e) {
                // Only close interrupts; the loop sees it.
            } catch (RuntimeException | Error e) {
                LOG.error("{}: unexpected error", thread.getName(), e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
