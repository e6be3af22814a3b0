package io.gemel.engine.control;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread in which everything about grants, commands and the audit log is decided, in order. */
final class DeskThread implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeskThread.class);
    private static final int MOST_TASKS = 4_096;
    private static final long CLOSE_MS = 5_000;

    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("control").factory());
    private final AtomicInteger waiting = new AtomicInteger();

    /** Whether there was room for it. */
    boolean post(Runnable task) {
        if (waiting.incrementAndGet() > MOST_TASKS) {
            waiting.decrementAndGet();
            return false;
        }
        try {
            executor.execute(() -> {
                waiting.decrementAndGet();
                guarded(task);
            });
            return true;
        } catch (RejectedExecutionException e) {
            return false; // The engine ends.
        }
    }

    void every(long periodMs, Runnable task) {
        var _ = executor.scheduleWithFixedDelay(() -> guarded(task), periodMs, periodMs, TimeUnit.MILLISECONDS);
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("the control protocol: unexpected error", e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
        try {
            if (!executor.awaitTermination(CLOSE_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("the control protocol's thread does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
