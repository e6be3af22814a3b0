package io.gemel.engine.fs;

import java.util.ArrayDeque;

/** A queue of identities, eight bytes each. */
final class LongQueue {

    private static final int CHUNK = 4096;

    private final ArrayDeque<long[]> chunks = new ArrayDeque<>();
    private int head;
    private int tail;

    void add(long value) {
        if (chunks.isEmpty() || tail == CHUNK) {
            chunks.addLast(new long[CHUNK]);
            tail = 0;
        }
        chunks.getLast()[tail++] = value;
    }

    long poll() {
        long value = chunks.getFirst()[head++];
        if (head == CHUNK || (chunks.size() == 1 && head == tail)) {
            chunks.removeFirst();
            head = 0;
        }
        return value;
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }
}
