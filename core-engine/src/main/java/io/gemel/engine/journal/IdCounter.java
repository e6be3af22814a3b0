package io.gemel.engine.journal;

import java.nio.ByteBuffer;

/**
 * Gives a module's identities: each greater than all before, also after a crash.
 *
 * <ol>
 *   <li>Every id given is below the bound in the journal, and the bound was on the disk before the id was given.
 *   <li>After a start the first id is the bound: up to a block of ids is skipped, none is given twice.
 * </ol>
 */
final class IdCounter {

    /** The first id; those below are the file system's own (FUSE's root is 1). */
    static final long FIRST_ID = 256;

    /** Ids made safe by one write to the disk. */
    static final int BLOCK_IDS = 4_096;

    /** Beyond this something is wrong: a million ids a second reach it in 146,000 years. */
    private static final long MAX_ID = 1L << 62;

    private final RocksStore store;
    private final int module;
    private final byte[] key;
    private long next;
    private long bound;

    IdCounter(RocksStore store, int module) {
        this.store = store;
        this.module = module;
        this.key = ByteBuffer.allocate(1 + Short.BYTES)
                .put((byte) 'c')
                .putShort((short) module)
                .array();
        byte[] stored = store.get(Journal.IDENTITY, key);
        bound = stored == null ? FIRST_ID : ByteBuffer.wrap(stored).getLong();
        next = bound;
    }

    int module() {
        return module;
    }

    synchronized long next() {
        if (next == bound) {
            reserve(next);
        }
        return next++;
    }

    synchronized void advancePast(long id) {
        if (id < next) {
            return;
        }
        if (id >= MAX_ID) {
            throw new IllegalArgumentException("no node gives the identity " + id);
        }
        if (id >= bound) {
            reserve(id + 1);
        }
        next = id + 1;
    }

    private void reserve(long from) {
        long newBound = from + BLOCK_IDS;
        byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(newBound).array();
        store.change(true, batch -> batch.put(store.family(Journal.IDENTITY), key, value));
        bound = newBound;
    }
}
