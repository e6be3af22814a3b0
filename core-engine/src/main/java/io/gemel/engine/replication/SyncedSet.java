package io.gemel.engine.replication;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The identities of objects that the target of a copy has: a bitmap in chunks, an eighth of a byte an identity, because
 * identities are given in sequence. Safe for concurrent use.
 */
public final class SyncedSet implements SyncedObjects {

    private static final int CHUNK_BITS = 1 << 15;

    private final ConcurrentHashMap<Long, AtomicLongArray> chunks = new ConcurrentHashMap<>();

    @Override
    public boolean contains(long id) {
        AtomicLongArray chunk = chunks.get(id / CHUNK_BITS);
        return chunk != null && (chunk.get(word(id)) & bit(id)) != 0;
    }

    /** Adds an identity; whether it was not there. */
    @Override
    public boolean add(long id) {
        AtomicLongArray chunk =
                chunks.computeIfAbsent(id / CHUNK_BITS, _ -> new AtomicLongArray(CHUNK_BITS / Long.SIZE));
        int word = word(id);
        long before = chunk.getAndAccumulate(word, bit(id), (a, b) -> a | b);
        return (before & bit(id)) == 0;
    }

    /** A copy begins with nothing: what the target knows it has, but for what waits in limbo. */
    @Override
    public boolean isKnown(long id) {
        return contains(id);
    }

    @Override
    public void makeKnown(long id) {
        // A name alone brings no content: the object is visited later.
    }

    private static int word(long id) {
        return (int) (id % CHUNK_BITS) / Long.SIZE;
    }

    private static long bit(long id) {
        return 1L << (id % Long.SIZE);
    }
}
