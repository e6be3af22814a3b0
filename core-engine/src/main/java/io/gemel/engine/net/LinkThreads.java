package io.gemel.engine.net;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The few threads beside the data path: one clock that never blocks, and workers for what may block. */
final class LinkThreads {

    /** A connection that is not a link after this is closed. */
    static final int HANDSHAKE_TIMEOUT_MS = 5_000;

    private static final int MAX_WORKERS = 128;
    private static final long WORKER_IDLE_S = 10;

    private final ScheduledThreadPoolExecutor clock;
    private final ThreadPoolExecutor workers;

    LinkThreads() {
        clock = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "link clock"));
        clock.setRemoveOnCancelPolicy(true);
        AtomicInteger number = new AtomicInteger();
        workers = new ThreadPoolExecutor(
                0,
                MAX_WORKERS,
                WORKER_IDLE_S,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> daemon(task, "link worker " + number.incrementAndGet()));
    }

    static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Runs the task at this interval on the clock, which it must not block. */
    void every(long intervalMs, Runnable task) {
        var _ = clock.scheduleAtFixedRate(task, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
    }

    /** Runs what may block; false when every worker is busy or the service closes. */
    boolean run(Runnable task) {
        try {
            workers.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Closes the channel when the handshake on it takes too long. */
    Deadline deadline(SocketChannel channel) throws IOException {
        try {
            Deadline deadline = new Deadline(channel);
            deadline.timer = clock.schedule(deadline::pass, HANDSHAKE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            return deadline;
        } catch (RejectedExecutionException e) {
            throw new IOException("the service is closing", e);
        }
    }

    /** Ends the threads; what they wait for is interrupted. */
    void close(long deadlineNs) throws InterruptedException {
        clock.shutdownNow();
        workers.shutdownNow();
        for (ExecutorService each : new ExecutorService[] {clock, workers}) {
            each.awaitTermination(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    static void closeQuietly(Closeable channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // it is not needed any more, and there is nothing that anybody could do
        }
    }

    /** The time limit of one handshake. */
    static final class Deadline {

        private enum State {
            RUNNING,
            MET,
            PASSED
        }

        private final SocketChannel channel;
        private Future<?> timer;
        private State state = State.RUNNING;

        Deadline(SocketChannel channel) {
            this.channel = channel;
        }

        /** Ends the limit; whether it was met. */
        synchronized boolean met() {
            if (state == State.RUNNING) {
                state = State.MET;
                timer.cancel(false);
            }
            return state == State.MET;
        }

        synchronized boolean passed() {
            return state == State.PASSED;
        }

        private void pass() {
            synchronized (this) {
                if (state != State.RUNNING) {
                    return;
                }
                state = State.PASSED;
            }
            closeQuietly(channel);
        }
    }
}
