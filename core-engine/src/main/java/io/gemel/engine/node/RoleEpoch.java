package io.gemel.engine.node;

import io.gemel.protocol.model.State;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the changes of a module's role on this node, so that a command given in view of an earlier role can be told
 * apart. Begins with the engine's incarnation, a time in milliseconds, so that it grows over restarts too. Written by one
 * thread, read by any.
 */
final class RoleEpoch {

    private Optional<State> last = Optional.empty();
    private final AtomicLong now;

    RoleEpoch(long incarnation) {
        now = new AtomicLong(incarnation);
    }

    /** The module is in this state, be it as before. */
    void is(State state) {
        if (last.isPresent() && last.get() != state) {
            now.incrementAndGet();
        }
        last = Optional.of(state);
    }

    long now() {
        return now.get();
    }
}
