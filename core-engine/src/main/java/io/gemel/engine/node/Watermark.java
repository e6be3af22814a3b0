package io.gemel.engine.node;

import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.Generation;
import io.gemel.engine.replication.ReplicationStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that what was changed becomes durable on both nodes, about every ten seconds, so that little is owed after a
 * loss of power and notes can be forgotten. While the peer is away it saves the notes instead.
 */
final class Watermark implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Watermark.class);

    /** Linux writes changed pages within 5 to 30 s by itself: a flush after ten finds little left. */
    static final long PERIOD_MS = 10_000;

    /** How long operations that note in the span that ends may take to leave it before the next try. */
    private static final long QUIET_MS = 5_000;

    private static final long QUIET_POLL_MS = 5;
    private static final long FLUSH_MS = 60_000;
    private static final long FLUSH_POLL_MS = 50;
    private static final long CLOSE_MS = 5_000;

    /** What it needs of the primary. */
    record Parts(
            ChangeTracker changes,
            ReplicationStream stream,
            Runnable sendTimes,
            BooleanSupplier flushHere,
            Supplier<ByteBuffer> flushThere) {}

    private final String module;
    private final Parts parts;
    private final Thread thread;
    private volatile boolean hurried;
    private volatile boolean closed;

    Watermark(String module, Parts parts) {
        this.module = module;
        this.parts = parts;
        thread = Thread.ofPlatform().daemon().name("watermark-" + module).start(this::run);
    }

    /** The next round is wanted soon. */
    void hurry() {
        hurried = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
            while (!closed && !hurried && System.nanoTime() < until) {
                LockSupport.parkNanos(until - System.nanoTime());
            }
            hurried = false;
            try {
                if (!closed) {
                    round();
                }
            } catch (RuntimeException e) {
                LOG.error("module {}: what changed could not be put into the journal", module, e);
            }
        }
    }

    private void round() {
        parts.changes().saveNotes();
        Optional<Generation> ended = endSpan();
        if (ended.isEmpty()) {
            return;
        }
        // Times of what was written in the span that ended go before the flush.
        parts.sendTimes().run();
        if (flushBoth()) {
            parts.changes().spanIsDurable(ended.get());
        }
    }

    private Optional<Generation> endSpan() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(QUIET_MS);
        Optional<Generation> ended = parts.changes().endSpan();
        while (ended.isEmpty() && parts.changes().isEnding() && !closed && System.nanoTime() < until) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(QUIET_POLL_MS));
            ended = parts.changes().endSpan();
        }
        return ended;
    }

    private boolean flushBoth() {
        ReplicationStream stream = parts.stream();
        int epoch = stream.epoch();
        CountDownLatch there = new CountDownLatch(1);
        if (!stream.connected() || !stream.submit(epoch, parts.flushThere().get(), errno -> there.countDown(), true)) {
            return false;
        }
        if (!parts.flushHere().getAsBoolean()) {
            LOG.error("module {}: the disk of this node cannot be flushed; look for its errors: dmesg", module);
            return false;
        }
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MS);
        try {
            while (!there.await(FLUSH_POLL_MS, TimeUnit.MILLISECONDS)) {
                if (closed || stream.epoch() != epoch || System.nanoTime() > until) {
                    return false;
                }
            }
            // A peer that is given up ends the wait as well.
            return stream.epoch() == epoch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
