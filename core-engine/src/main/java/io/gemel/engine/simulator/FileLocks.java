package io.gemel.engine.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** The locks of files, for work that is done in several moments; whoever comes waits in order. */
final class FileLocks {

    private final Map<Long, Deque<Runnable>> held = new HashMap<>();

    /** Does it once the lock is free; it is held until {@link #unlock}. */
    void lock(long id, Runnable then) {
        Deque<Runnable> waiting = held.get(id);
        if (waiting != null) {
            waiting.add(then);
            return;
        }
        held.put(id, new ArrayDeque<>());
        then.run();
    }

    void unlock(long id) {
        Runnable next = held.get(id).poll();
        if (next == null) {
            held.remove(id);
        } else {
            next.run();
        }
    }
}
