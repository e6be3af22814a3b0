package io.gemel.engine.fs;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/** An identity store in memory, for tests. */
public final class MemoryIdentities implements IdentityStore {

    private final Map<ByteBuffer, Long> ids = new HashMap<>();
    private final Map<Long, byte[]> handles = new HashMap<>();
    private long last = 255;

    @Override
    public synchronized long idOf(byte[] handle) {
        return ids.getOrDefault(ByteBuffer.wrap(handle), NONE);
    }

    @Override
    public synchronized byte[] handleOf(long id) {
        return handles.get(id);
    }

    @Override
    public synchronized void put(long id, byte[] handle) {
        remove(id);
        Long before = ids.put(ByteBuffer.wrap(handle), id);
        if (before != null) {
            handles.remove(before);
        }
        handles.put(id, handle);
    }

    @Override
    public synchronized void remove(long id) {
        byte[] handle = handles.remove(id);
        if (handle != null) {
            ids.remove(ByteBuffer.wrap(handle));
        }
    }

    @Override
    public synchronized long nextId() {
        return ++last;
    }

    @Override
    public synchronized void advancePast(long id) {
        last = Math.max(last, id);
    }

    @Override
    public synchronized void forEachFrom(long number, LongConsumer action) {
        handles.keySet().stream()
                .filter(id -> (id & ((1L << 56) - 1)) >= number)
                .toList()
                .forEach(action::accept);
    }

    @Override
    public synchronized void forgetFrom(long number) {
        handles.keySet().stream()
                .filter(id -> (id & ((1L << 56) - 1)) >= number)
                .toList()
                .forEach(this::remove);
    }

    @Override
    public synchronized void clear() {
        ids.clear();
        handles.clear();
    }
}
