package io.gemel.engine.journal;

import io.gemel.engine.fs.IdentityStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.rocksdb.ColumnFamilyHandle;

/**
 * The identities of one directory in the journal, with a small cache in front.
 *
 * <p>Writers hold {@link #writing}. A reader that had to ask the journal puts the answer into the cache only when no
 * writer changed anything meanwhile, so that the cache never holds what the journal has forgotten.
 */
final class IdentityMap implements IdentityStore {

    /** Longest handle: MAX_HANDLE_SZ of the kernel is 128, and room for what a caller puts before it. */
    static final int MAX_HANDLE_BYTES = 256;

    private static final int PREFIX_BYTES = 5;
    private static final int CACHE_SLOTS = 4_096;
    private static final int FORGOTTEN_AT_ONCE = 4_096;

    /** The part of an identity that the counter gives; above it is its directory. */
    private static final int NUMBER_BITS = 56;

    private static final byte BY_HANDLE = 'h';
    private static final byte BY_ID = 'i';

    /** A pair that is joined; never changed. */
    private static final class Entry {
        final long id;
        final byte[] handle;

        Entry(long id, byte[] handle) {
            this.id = id;
            this.handle = handle;
        }
    }

    /** Buffers of one thread. */
    private static final class Scratch {
        final byte[] key = new byte[PREFIX_BYTES + MAX_HANDLE_BYTES];
        final ByteBuffer keyBuffer = ByteBuffer.wrap(key);
        final byte[] value = new byte[MAX_HANDLE_BYTES];
        final ByteBuffer valueBuffer = ByteBuffer.wrap(value);
    }

    private final RocksStore store;
    private final IdCounter counter;
    private final int module;
    private final int directory;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);
    private final ReentrantLock writing = new ReentrantLock();
    private final AtomicReferenceArray<Entry> cacheById = new AtomicReferenceArray<>(CACHE_SLOTS);
    private final AtomicReferenceArray<Entry> cacheByHandle = new AtomicReferenceArray<>(CACHE_SLOTS);
    private final AtomicLong changes = new AtomicLong();

    IdentityMap(RocksStore store, IdCounter counter, int module, int directory) {
        this.store = store;
        this.counter = counter;
        this.module = module;
        this.directory = directory;
    }

    @Override
    public long idOf(byte[] handle) {
        checkHandle(handle);
        Entry cached = cacheByHandle.get(slot(handle));
        if (cached != null && Arrays.equals(cached.handle, handle)) {
            return cached.id;
        }
        long changesBefore = changes.get();
        long id = readId(handle);
        if (id != NONE) {
            remember(new Entry(id, handle.clone()), changesBefore);
        }
        return id;
    }

    @Override
    public byte[] handleOf(long id) {
        Entry cached = cacheById.get(slot(id));
        if (cached != null && cached.id == id) {
            return cached.handle.clone();
        }
        long changesBefore = changes.get();
        byte[] handle = readHandle(id);
        if (handle != null) {
            remember(new Entry(id, handle.clone()), changesBefore);
        }
        return handle;
    }

    @Override
    public void put(long id, byte[] handle) {
        checkHandle(handle);
        if (id == NONE) {
            throw new IllegalArgumentException("0 is not an identity");
        }
        byte[] own = handle.clone();
        writing.lock();
        try {
            byte[] oldHandle = readHandle(id);
            long oldId = readId(own);
            if (oldId == id && Arrays.equals(oldHandle, own)) {
                return;
            }
            changes.incrementAndGet();
            store.change(false, batch -> {
                ColumnFamilyHandle family = store.family(Journal.IDENTITY);
                if (oldHandle != null) {
                    batch.delete(family, handleKey(oldHandle));
                }
                if (oldId != NONE) {
                    batch.delete(family, idKey(oldId));
                }
                batch.put(family, handleKey(own), idValue(id));
                batch.put(family, idKey(id), own);
            });
            forget(oldId, oldHandle);
            Entry entry = new Entry(id, own);
            cacheById.set(slot(id), entry);
            cacheByHandle.set(slot(own), entry);
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void remove(long id) {
        writing.lock();
        try {
            byte[] handle = readHandle(id);
            if (handle == null) {
                return;
            }
            changes.incrementAndGet();
            store.change(false, batch -> {
                batch.delete(store.family(Journal.IDENTITY), handleKey(handle));
                batch.delete(store.family(Journal.IDENTITY), idKey(id));
            });
            forget(id, handle);
        } finally {
            writing.unlock();
        }
    }

    @Override
    public long nextId() {
        return counter.next();
    }

    @Override
    public void advancePast(long id) {
        counter.advancePast(id);
    }

    @Override
    public void clear() {
        writing.lock();
        try {
            changes.incrementAndGet();
            store.change(false, batch -> {
                ColumnFamilyHandle family = store.family(Journal.IDENTITY);
                for (byte direction : new byte[] {BY_HANDLE, BY_ID}) {
                    batch.deleteRange(family, prefix(direction, directory), prefix(direction, directory + 1));
                }
            });
            forgetCached();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void forEachFrom(long number, LongConsumer action) {
        if (number >> NUMBER_BITS != 0) {
            return;
        }
        byte[] first = idKey(((long) directory << NUMBER_BITS) | number);
        store.forEach(
                Journal.IDENTITY,
                prefix(BY_ID, directory),
                first,
                (key, handle) -> action.accept(ByteBuffer.wrap(key).getLong(PREFIX_BYTES)));
    }

    @Override
    public void forgetFrom(long number) {
        writing.lock();
        try {
            changes.incrementAndGet();
            // Identities carry their directory above their number.
            List<byte[]> keys = new ArrayList<>();
            byte[] first = idKey(((long) directory << NUMBER_BITS) | number);
            store.forEach(Journal.IDENTITY, prefix(BY_ID, directory), first, (key, handle) -> {
                keys.add(key);
                keys.add(handleKey(handle));
            });
            for (int i = 0; i < keys.size(); i += FORGOTTEN_AT_ONCE) {
                List<byte[]> some = keys.subList(i, Math.min(keys.size(), i + FORGOTTEN_AT_ONCE));
                store.change(false, batch -> {
                    for (byte[] key : some) {
                        batch.delete(store.family(Journal.IDENTITY), key);
                    }
                });
            }
            forgetCached();
        } finally {
            writing.unlock();
        }
    }

    private void forgetCached() {
        for (int i = 0; i < CACHE_SLOTS; i++) {
            cacheById.set(i, null);
            cacheByHandle.set(i, null);
        }
    }

    /** Caches what was read, unless somebody writes or has written since. */
    private void remember(Entry entry, long changesBefore) {
        if (writing.tryLock()) {
            try {
                if (changes.get() == changesBefore) {
                    cacheById.set(slot(entry.id), entry);
                    cacheByHandle.set(slot(entry.handle), entry);
                }
            } finally {
                writing.unlock();
            }
        }
    }

    private void forget(long id, byte[] handle) {
        if (id != NONE) {
            cacheById.set(slot(id), null);
        }
        if (handle != null) {
            cacheByHandle.set(slot(handle), null);
        }
    }

    private long readId(byte[] handle) {
        Scratch own = scratch.get();
        putPrefix(own.keyBuffer.clear(), BY_HANDLE, directory).put(handle);
        int length = store.get(Journal.IDENTITY, own.key, PREFIX_BYTES + handle.length, own.value);
        return length < 0 ? NONE : own.valueBuffer.getLong(0);
    }

    private byte[] readHandle(long id) {
        Scratch own = scratch.get();
        putPrefix(own.keyBuffer.clear(), BY_ID, directory).putLong(id);
        int length = store.get(Journal.IDENTITY, own.key, PREFIX_BYTES + Long.BYTES, own.value);
        return length < 0 ? null : Arrays.copyOf(own.value, length);
    }

    private ByteBuffer putPrefix(ByteBuffer buffer, byte direction, int directoryIndex) {
        return buffer.put(direction).putShort((short) module).putShort((short) directoryIndex);
    }

    private byte[] prefix(byte direction, int directoryIndex) {
        return putPrefix(ByteBuffer.allocate(PREFIX_BYTES), direction, directoryIndex)
                .array();
    }

    private byte[] handleKey(byte[] handle) {
        return putPrefix(ByteBuffer.allocate(PREFIX_BYTES + handle.length), BY_HANDLE, directory)
                .put(handle)
                .array();
    }

    private byte[] idKey(long id) {
        return putPrefix(ByteBuffer.allocate(PREFIX_BYTES + Long.BYTES), BY_ID, directory)
                .putLong(id)
                .array();
    }

    private static byte[] idValue(long id) {
        return ByteBuffer.allocate(Long.BYTES).putLong(id).array();
    }

    private static void checkHandle(byte[] handle) {
        if (handle.length == 0 || handle.length > MAX_HANDLE_BYTES) {
            throw new IllegalArgumentException("a handle of " + handle.length + " bytes");
        }
    }

    private static int slot(long id) {
        return (int) id & (CACHE_SLOTS - 1); // ids are given in sequence: neighbours never collide
    }

    private static int slot(byte[] handle) {
        int hash = Arrays.hashCode(handle) * 0x9E37_79B9;
        return hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(CACHE_SLOTS));
    }
}
