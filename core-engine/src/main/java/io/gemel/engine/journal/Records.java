package io.gemel.engine.journal;

import java.util.List;
import java.util.function.BiConsumer;

/** One column family of small records whose form is the business of whoever keeps them. */
public final class Records {

    private final RocksStore store;
    private final String family;

    Records(RocksStore store, String family) {
        this.store = store;
        this.family = family;
    }

    /** The record, or null when there is none. */
    public byte[] get(byte[] key) {
        return store.get(family, key);
    }

    /**
     * Writes and removes, all or nothing.
     *
     * @param sync whether it is on the disk on return; else it survives the engine's death, not a power loss
     */
    public void change(boolean sync, List<Put> puts, List<byte[]> gone) {
        store.change(sync, batch -> {
            for (Put put : puts) {
                batch.put(store.family(family), put.key(), put.value());
            }
            for (byte[] key : gone) {
                batch.delete(store.family(family), key);
            }
        });
    }

    /** One record to be written. */
    public static final class Put {
        private final byte[] key;
        private final byte[] value;

        /** Under the key, in the place of what is there. */
        public Put(byte[] key, byte[] value) {
            this.key = key.clone();
            this.value = value.clone();
        }

        byte[] key() {
            return key;
        }

        byte[] value() {
            return value;
        }
    }

    /** Every record whose key begins so, in the order of the keys. */
    public void forEach(byte[] prefix, BiConsumer<byte[], byte[]> reader) {
        store.forEach(family, prefix, reader::accept);
    }

    /** As the other, from a key on. */
    public void forEach(byte[] prefix, byte[] from, BiConsumer<byte[], byte[]> reader) {
        store.forEach(family, prefix, from, reader::accept);
    }
}
