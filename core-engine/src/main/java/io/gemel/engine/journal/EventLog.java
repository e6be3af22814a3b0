package io.gemel.engine.journal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The newest events of a node, numbered. Family {@code event}: {@code u64 number -> record}, big endian.
 *
 * <ol>
 *   <li>Numbers grow by one, and none is given again: the greatest is never removed.
 *   <li>There are {@link #MOST} at most: the oldest goes when a new one comes.
 *   <li>An event is in the log when the call returns: it survives the engine's death; losing power may lose the newest.
 * </ol>
 */
public final class EventLog {

    /** Most events that are kept. */
    public static final int MOST = 20_000;

    private final RocksStore store;
    private long last;

    EventLog(RocksStore store) {
        this.store = store;
        byte[] key = store.lastKey(Journal.EVENT);
        last = key == null ? 0 : ByteBuffer.wrap(key).getLong();
    }

    /** Adds one, whose bytes may depend on its number. */
    public synchronized void add(Function<Long, byte[]> event) {
        long number = last + 1;
        byte[] bytes = event.apply(number);
        store.change(false, batch -> {
            batch.put(store.family(Journal.EVENT), key(number), bytes);
            if (number > MOST) {
                batch.delete(store.family(Journal.EVENT), key(number - MOST));
            }
        });
        last = number;
    }

    /**
     * Events in their order.
     *
     * @param after only those with a greater number, the oldest of them first; below 0: the newest
     * @param most at most so many
     * @param reader makes something of the bytes, or nothing of those that are not wanted
     */
    public <T> List<T> read(long after, int most, Function<byte[], Optional<T>> reader) {
        long newest;
        synchronized (this) {
            newest = last;
        }
        long oldest = Math.max(1, newest - MOST + 1);
        List<T> events = new ArrayList<>();
        if (after < 0) {
            for (long number = newest; number >= oldest && events.size() < most; number--) {
                one(number, reader).ifPresent(events::add);
            }
            Collections.reverse(events);
        } else {
            for (long number = Math.max(after + 1, oldest); number <= newest && events.size() < most; number++) {
                one(number, reader).ifPresent(events::add);
            }
        }
        return events;
    }

    private <T> Optional<T> one(long number, Function<byte[], Optional<T>> reader) {
        byte[] bytes = store.get(Journal.EVENT, key(number));
        return bytes == null ? Optional.empty() : reader.apply(bytes);
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }
}
