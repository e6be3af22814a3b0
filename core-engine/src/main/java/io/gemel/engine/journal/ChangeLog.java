package io.gemel.engine.journal;

import io.gemel.engine.fs.IdentityStore;
import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.ChangeStore;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * What one module's node remembers of where its copy may differ from the peer's. Numbers big endian. Family {@code dirty}:
 * {@code u16 module, 0 -> u8 version, u64 base, u64 born, u64 towards}, {@code u16 module, 1, u64 id -> change}. Family {@code intent}:
 * {@code u16 module, u64 id, s64 zone -> u64 value}.
 *
 * <ol>
 *   <li>Intents and changes without a header mean nothing.
 *   <li>What {@link #save} was given is on the disk, all of it, when it returns.
 *   <li>A record that cannot be understood is damage of the journal, not an empty answer.
 * </ol>
 */
final class ChangeLog implements ChangeStore {

    private static final byte VERSION = 1;
    private static final int HEADER_BYTES = 1 + 3 * Long.BYTES;
    private static final byte HEADER = 0;
    private static final byte CHANGE = 1;
    private static final int MODULE_BYTES = Short.BYTES;
    private static final int CHANGE_KEY_BYTES = MODULE_BYTES + 1 + Long.BYTES;
    private static final int INTENT_KEY_BYTES = MODULE_BYTES + 2 * Long.BYTES;

    private final RocksStore store;
    private final short module;
    private final LongFunction<IdentityStore> identitiesOf;

    /** @param identitiesOf the identities of the directory that an object lies in */
    ChangeLog(RocksStore store, int module, LongFunction<IdentityStore> identitiesOf) {
        this.store = store;
        this.module = (short) module;
        this.identitiesOf = identitiesOf;
    }

    @Override
    public Saved load() {
        byte[] value = store.get(Journal.DIRTY, headerKey());
        if (value == null) {
            return new Saved(Header.NONE, Map.of());
        }
        if (value.length != HEADER_BYTES || value[0] != VERSION) {
            throw store.damaged("the header of a module's changes has " + value.length + " bytes");
        }
        ByteBuffer parts = ByteBuffer.wrap(value, 1, HEADER_BYTES - 1);
        Header header = new Header(parts.getLong(), parts.getLong(), parts.getLong());
        if (!header.known()) {
            return new Saved(Header.NONE, Map.of());
        }
        Map<Long, Change> changes = new HashMap<>();
        byte[] prefix = ByteBuffer.allocate(MODULE_BYTES + 1)
                .putShort(module)
                .put(CHANGE)
                .array();
        store.forEach(Journal.DIRTY, prefix, (key, encoded) -> changes.put(idIn(key), decode(encoded)));
        byte[] intents = ByteBuffer.allocate(MODULE_BYTES).putShort(module).array();
        store.forEach(Journal.INTENT, intents, (key, bytes) -> {
            if (key.length != INTENT_KEY_BYTES || bytes.length != Long.BYTES) {
                throw store.damaged("an intent has a key of " + key.length + " bytes");
            }
            ByteBuffer of = ByteBuffer.wrap(key, MODULE_BYTES, 2 * Long.BYTES);
            add(new Intent(of.getLong(), of.getLong(), ByteBuffer.wrap(bytes).getLong()), changes);
        });
        return new Saved(header, changes);
    }

    private long idIn(byte[] key) {
        if (key.length != CHANGE_KEY_BYTES) {
            throw store.damaged("a change has a key of " + key.length + " bytes");
        }
        return ByteBuffer.wrap(key).getLong(MODULE_BYTES + 1);
    }

    private Change decode(byte[] encoded) {
        try {
            return Change.decode(encoded);
        } catch (IllegalArgumentException e) {
            throw store.damaged(e.getMessage());
        }
    }

    private void add(Intent intent, Map<Long, Change> changes) {
        if (intent.zone() != Intent.ATTRIBUTES) {
            changes.computeIfAbsent(intent.id(), _ -> new Change()).add(intent);
            return;
        }
        IdentityStore identities = identitiesOf.apply(intent.id());
        for (long id = intent.id(); id < intent.id() + Intent.GROUP; id++) {
            if (identities.handleOf(id) != null) {
                changes.computeIfAbsent(id, _ -> new Change());
            }
        }
    }

    @Override
    public void flush() {
        store.flush();
    }

    @Override
    public void save(Update update) {
        store.change(true, batch -> put(update, batch));
    }

    private void put(Update update, WriteBatch batch) throws RocksDBException {
        ColumnFamilyHandle dirty = store.family(Journal.DIRTY);
        ColumnFamilyHandle intent = store.family(Journal.INTENT);
        if (update.forgetsAll()) {
            batch.deleteRange(dirty, bound(CHANGE), bound((byte) (CHANGE + 1)));
            batch.deleteRange(intent, moduleKey(module), moduleKey((short) (module + 1)));
        }
        if (update.header().isPresent()) {
            Header header = update.header().get();
            byte[] value = ByteBuffer.allocate(HEADER_BYTES)
                    .put(VERSION)
                    .putLong(header.base())
                    .putLong(header.born())
                    .putLong(header.towards())
                    .array();
            batch.put(dirty, headerKey(), value);
        }
        for (Map.Entry<Long, byte[]> change : update.changes().entrySet()) {
            byte[] key = ByteBuffer.allocate(CHANGE_KEY_BYTES)
                    .putShort(module)
                    .put(CHANGE)
                    .putLong(change.getKey())
                    .array();
            if (change.getValue().length == 0) {
                batch.delete(dirty, key);
            } else {
                batch.put(dirty, key, change.getValue());
            }
        }
        putIntents(batch, intent, update.intents());
        for (Intent ended : update.ended()) {
            batch.delete(intent, intentKey(ended));
        }
    }

    private void putIntents(WriteBatch batch, ColumnFamilyHandle family, List<Intent> intents) throws RocksDBException {
        for (Intent intent : intents) {
            byte[] value =
                    ByteBuffer.allocate(Long.BYTES).putLong(intent.value()).array();
            batch.put(family, intentKey(intent), value);
        }
    }

    private byte[] headerKey() {
        return bound(HEADER);
    }

    private byte[] bound(byte kind) {
        return ByteBuffer.allocate(MODULE_BYTES + 1).putShort(module).put(kind).array();
    }

    private static byte[] moduleKey(short number) {
        return ByteBuffer.allocate(MODULE_BYTES).putShort(number).array();
    }

    private byte[] intentKey(Intent intent) {
        return ByteBuffer.allocate(INTENT_KEY_BYTES)
                .putShort(module)
                .putLong(intent.id())
                .putLong(intent.zone())
                .array();
    }
}
