package io.gemel.engine.journal;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.fs.IdentityStore;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.protocol.model.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What this node must still know after a restart: one RocksDB with a column family for each kind of record.
 *
 * <ol>
 *   <li>The journal belongs to one node: the key hash of the node that made it is in it, and no other node opens it.
 *   <li>It has a format version; a version that is not this engine's is not opened. Version {@value #FORMAT}.
 *   <li>Damage is an error, at open or when it is met, never an empty answer. Only an incomplete record at the very end
 *       of the log is dropped: that is a write that had not returned when power was lost.
 *   <li>{@link #put} is on the disk, with everything written before it, when it returns.
 *   <li>An identity's two directions (handle to id, id to handle) change together or not at all. They are in the log when
 *       the call returns: they survive the engine's death; losing power may lose the newest, never a middle one.
 *   <li>An id that {@link IdentityStore#nextId} returned is never returned again: it lies below a bound that was on the
 *       disk before.
 *   <li>A module keeps its number for ever: its records are found by it.
 * </ol>
 *
 * <p>Records, numbers big endian so that they sort: family {@code default}: {@code format}, {@code node}, {@code incarnation}. Family
 * {@code identity}: {@code 'm' name -> u16 module}, {@code 'n' -> u16 newest module}, {@code 'c' u16 module -> u64 bound of the ids given},
 * {@code 'h' u16 module u16 directory handle -> u64 id}, {@code 'i' u16 module u16 directory u64 id -> handle}.
 */
public final class Journal implements AutoCloseable {

    /** Family of the small record that the brain keeps of each module. */
    public static final String GENERATION = "generation";

    static final String IDENTITY = "identity";

    /** Families of {@link ChangeLog}. */
    static final String DIRTY = "dirty";

    static final String INTENT = "intent";

    /** Family of {@link EventLog}. */
    static final String EVENT = "event";

    /** Families of the control protocol, see {@link #records}. */
    public static final String GRANTS = "grants";

    public static final String COMMANDS = "command";
    public static final String AUDIT = "audit";

    static final List<String> FAMILIES = List.of(GENERATION, IDENTITY, DIRTY, INTENT, EVENT, GRANTS, COMMANDS, AUDIT);

    private static final String DEFAULT = "default";
    private static final String FORMAT = "1";
    private static final byte[] FORMAT_KEY = utf8("format");
    private static final byte[] NODE_KEY = utf8("node");
    private static final byte[] INCARNATION_KEY = utf8("incarnation");
    private static final int MAX_MODULES = 0xFFFF;

    private final Path dir;
    private final RocksStore store;
    private final boolean created;
    private final EventLog events;
    private final Map<String, IdCounter> counters = new ConcurrentHashMap<>();
    private final Map<String, IdentityMap> identities = new ConcurrentHashMap<>();

    private Journal(Path dir, RocksStore store, boolean created) {
        this.dir = dir;
        this.store = store;
        this.created = created;
        this.events = new EventLog(store);
    }

    /**
     * Opens the journal in the directory, making it where there is none yet.
     *
     * @param nodeKeyHash hash of this node's key; a journal with another one is refused with a {@link Problem}, as are an
     *     unknown format and a damaged journal
     */
    public static Journal open(Path dir, String nodeKeyHash) {
        RocksStore store = RocksStore.open(dir, FAMILIES);
        boolean done = false;
        try {
            boolean created = checkOwner(dir, store, nodeKeyHash);
            done = true;
            return new Journal(dir, store, created);
        } finally {
            if (!done) {
                store.close();
            }
        }
    }

    /**
     * Numbers this engine: greater than that of every earlier engine of this node, on the disk on return.
     *
     * @param atLeast what it is at least: the time in milliseconds lets a journal that was lost not begin anew
     */
    public synchronized long nextIncarnation(long atLeast) {
        byte[] last = store.get(DEFAULT, INCARNATION_KEY);
        long next = Math.max(last == null ? 1 : ByteBuffer.wrap(last).getLong() + 1, atLeast);
        byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(next).array();
        store.change(true, batch -> batch.put(store.family(DEFAULT), INCARNATION_KEY, value));
        return next;
    }

    /** Whether {@link #open} found none and made this one: then nothing is known of earlier data. */
    public boolean created() {
        return created;
    }

    /** Keeps a small record; it is on the disk on return. */
    public void put(String columnFamily, String key, byte[] value) {
        checkFamily(columnFamily);
        store.change(true, batch -> batch.put(store.family(columnFamily), utf8(key), value));
    }

    /** The record, or null when there is none. */
    public byte[] get(String columnFamily, String key) {
        checkFamily(columnFamily);
        return store.get(columnFamily, utf8(key));
    }

    /** Forgets the record, on the disk on return; an unknown one is ignored. */
    public void remove(String columnFamily, String key) {
        checkFamily(columnFamily);
        store.change(true, batch -> batch.delete(store.family(columnFamily), utf8(key)));
    }

    /**
     * The identities of one replicated directory of a module.
     *
     * @param directory its index in the module's definition, 0 to 65534
     */
    public IdentityStore identities(String module, int directory) {
        if (directory < 0 || directory >= 0xFFFF) {
            throw new IllegalArgumentException("directory " + directory);
        }
        IdCounter counter = counters.computeIfAbsent(module, name -> new IdCounter(store, number(name)));
        return identities.computeIfAbsent(
                module + "/" + directory, key -> new IdentityMap(store, counter, counter.module(), directory));
    }

    /** What this node remembers of where its copy of a module may differ from the peer's. */
    public ChangeStore changes(String module) {
        return new ChangeLog(store, number(module), id -> identities(module, Backing.indexOf(id)));
    }

    /** The records of one of {@link #GRANTS}, {@link #COMMANDS}, {@link #AUDIT}. */
    public Records records(String columnFamily) {
        if (!List.of(GRANTS, COMMANDS, AUDIT).contains(columnFamily)) {
            throw new IllegalArgumentException("no records of that kind in the column family " + columnFamily);
        }
        return new Records(store, columnFamily);
    }

    /** What happened on this node. */
    public EventLog events() {
        return events;
    }

    /** Closes it; later calls are an {@link IllegalStateException}. Closing again does nothing. */
    @Override
    public void close() {
        store.close();
    }

    @Override
    public String toString() {
        return "journal " + dir;
    }

    /** Whether the journal is a new one; a {@link Problem} when it is not this node's or not this engine's. */
    private static boolean checkOwner(Path dir, RocksStore store, String nodeKeyHash) {
        byte[] format = store.get(DEFAULT, FORMAT_KEY);
        byte[] node = store.get(DEFAULT, NODE_KEY);
        if (format == null && node == null && store.isEmpty(GENERATION) && store.isEmpty(IDENTITY)) {
            store.change(true, batch -> {
                batch.put(store.family(DEFAULT), FORMAT_KEY, utf8(FORMAT));
                batch.put(store.family(DEFAULT), NODE_KEY, utf8(nodeKeyHash));
            });
            return true;
        }
        if (format == null || node == null) {
            throw RocksStore.damaged(dir, "it has records but does not say whose", null);
        }
        if (!text(format).equals(FORMAT)) {
            throw new Problem(
                    "The journal " + dir + " has format " + text(format) + ", this Gemel knows format " + FORMAT,
                    "Install the Gemel that wrote it, or move " + dir
                            + " away: this node's data is then compared with the peer's in full");
        }
        if (!text(node).equals(nodeKeyHash)) {
            throw new Problem(
                    "The journal " + dir + " belongs to the node with the key " + text(node) + ", this node's key is "
                            + nodeKeyHash,
                    "Bring back this node's own journal or key; else move " + dir
                            + " away: this node's data is then compared with the peer's in full");
        }
        return false;
    }

    private static void checkFamily(String columnFamily) {
        if (!columnFamily.equals(GENERATION)) {
            throw new IllegalArgumentException("no small records in the column family " + columnFamily);
        }
    }

    /** The module's number, given at its first use. */
    private synchronized int number(String module) {
        byte[] key = utf8("m" + module);
        byte[] known = store.get(IDENTITY, key);
        if (known != null) {
            return Short.toUnsignedInt(ByteBuffer.wrap(known).getShort());
        }
        byte[] lastKey = utf8("n");
        byte[] last = store.get(IDENTITY, lastKey);
        int fresh = last == null ? 1 : Short.toUnsignedInt(ByteBuffer.wrap(last).getShort()) + 1;
        if (fresh > MAX_MODULES) {
            throw new Problem("The journal " + dir + " has had " + MAX_MODULES + " modules", "Move it away");
        }
        byte[] value = ByteBuffer.allocate(Short.BYTES).putShort((short) fresh).array();
        store.change(true, batch -> {
            batch.put(store.family(IDENTITY), key, value);
            batch.put(store.family(IDENTITY), lastKey, value);
        });
        return fresh;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
