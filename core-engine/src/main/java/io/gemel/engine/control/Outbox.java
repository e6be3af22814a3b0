package io.gemel.engine.control;

import io.gemel.protocol.wire.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What waits for a client that reads slowly: of reports the newest of each module of each node, of events the newest
 * {@link #MOST_EVENTS}. Only the connection's own thread uses it.
 */
final class Outbox {

    static final int MOST_EVENTS = 256;
    private static final int MOST_REPORTS = 256;

    /**
     * @param knownMs since when this node has it, on the monotonic clock
     */
    record Item(Statement statement, long knownMs) {}

    private final Map<String, Item> reports = new LinkedHashMap<>();
    private final Deque<Item> events = new ArrayDeque<>();

    void add(Statement statement, String module, long knownMs) {
        Item item = new Item(statement, knownMs);
        if (statement.kind() == Statement.Kind.EVENT) {
            if (events.size() >= MOST_EVENTS) {
                events.removeFirst();
            }
            events.addLast(item);
        } else if (reports.size() < MOST_REPORTS || reports.containsKey(statement.node() + module)) {
            reports.put(statement.node() + module, item);
        }
    }

    boolean isEmpty() {
        return events.isEmpty() && reports.isEmpty();
    }

    int size() {
        return events.size() + reports.size();
    }

    /** The next; only when there is one. Events go first: they are what somebody waits for. */
    Item next() {
        if (!events.isEmpty()) {
            return events.removeFirst();
        }
        String first = reports.keySet().iterator().next();
        return reports.remove(first);
    }
}
