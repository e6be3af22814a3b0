package io.gemel.engine.node;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Tells the supervisor again and again that this engine lives; one that does not is killed and replaced. */
final class Pulse implements AutoCloseable {

    /** A tenth of the time after which the supervisor takes an engine for hung. */
    private static final long PERIOD_MS = 200;

    private final Thread thread;
    private volatile boolean closed;

    /**
     * Begins it: the engine is ready.
     *
     * @param detectionMs after so long without an engine the other node may serve
     */
    Pulse(Supervisor supervisor, long detectionMs) {
        supervisor.tell("ready " + detectionMs);
        thread = Thread.ofPlatform().daemon().name("pulse").start(() -> {
            while (!closed) {
                supervisor.tell("alive");
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PERIOD_MS));
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
