package io.gemel.engine.module.checker;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Looks at one thing. Used by one thread at a time. */
interface Checker extends AutoCloseable {

    /**
     * Looks; blocks for its timeout at most, as far as that is in its hands.
     *
     * @throws IOException when it could not look: that says nothing of what it watches
     */
    Look look() throws IOException, InterruptedException;

    /** Waits so long before the next look, or shorter when it has a reason to look. */
    default void pause(long ms) throws InterruptedException, IOException {
        TimeUnit.MILLISECONDS.sleep(ms);
    }

    /** Whether its calls may hold up the thread's carrier, so that it needs a thread of the system. */
    default boolean needsPlatformThread() {
        return true;
    }

    @Override
    default void close() {}
}
