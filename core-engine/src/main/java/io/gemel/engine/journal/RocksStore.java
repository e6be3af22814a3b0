package io.gemel.engine.journal;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open RocksDB with small memory, whose native handles cannot be used after they are closed: every call holds the
 * read side of a lock whose write side {@link #close} takes.
 */
final class RocksStore implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RocksStore.class);

    private static final String DEFAULT_FAMILY = "default";
    private static final long BLOCK_CACHE_BYTES = 16L << 20;
    private static final long WRITE_BUFFER_BYTES = 8L << 20;
    private static final long MAX_WAL_BYTES = 32L << 20;
    private static final long MAX_INFO_LOG_BYTES = 1L << 20;
    private static final long MAX_MANIFEST_BYTES = 4L << 20;
    private static final int INFO_LOGS_KEPT = 2;
    private static final int BACKGROUND_JOBS = 2;
    private static final int MAX_OPEN_FILES = 128;
    private static final int BLOOM_BITS_A_KEY = 10;

    /** A log may lose what is younger than this without anybody seeing it; marking each change would double its cost. */
    private static final long MARK_PERIOD_NS = TimeUnit.SECONDS.toNanos(2);

    /** Changes that happen together or not at all. */
    interface Changes {
        void into(WriteBatch batch) throws RocksDBException;
    }

    private final Path dir;
    private final List<AutoCloseable> natives = new ArrayList<>();
    private final Map<String, ColumnFamilyHandle> families = new HashMap<>();
    private final ReentrantReadWriteLock guard = new ReentrantReadWriteLock();
    private final HighWater highWater;
    private RocksDB db;
    private ReadOptions read;
    private WriteOptions write;
    private WriteOptions writeAndSync;
    private volatile boolean closed;
    private Thread marker;

    /** Whether nothing is missing that was there once. */
    private boolean isWhole;

    private RocksStore(Path dir) {
        this.dir = dir;
        highWater = new HighWater(dir);
    }

    /** Opens the database, making it where the directory is empty or missing; anything else is a {@link Problem}. */
    static RocksStore open(Path dir, List<String> familyNames) {
        RocksStore store = new RocksStore(dir);
        boolean done = false;
        try {
            Files.createDirectories(dir);
            loadNativeLibrary(dir);
            refuseRemains(dir);
            store.openNative(familyNames);
            store.requireWhole();
            store.marker = Thread.ofPlatform().daemon().name("journal-mark").start(store::markNowAndThen);
            done = true;
            return store;
        } catch (RocksDBException e) {
            throw store.problem("opened", e);
        } catch (IOException e) {
            throw new Problem(
                    "The journal " + dir + " cannot be opened: " + e,
                    "Make " + dir + " a directory that the engine's user can write to",
                    e);
        } finally {
            if (!done) {
                store.close();
            }
        }
    }

    /** Reads all of it: what is damaged is to be known before anything is decided from the rest. */
    private void requireWhole() throws IOException, RocksDBException {
        db.verifyChecksum();
        OptionalLong noted = highWater.noted();
        long latest = db.getLatestSequenceNumber();
        if (noted.isPresent() && latest < noted.getAsLong()) {
            throw damaged("it ends at change " + latest + " and has had " + noted.getAsLong() + " on the disk");
        }
        isWhole = true;
    }

    /** The value's length after writing as much of it as fits into the buffer, or -1 when there is none. */
    int get(String family, byte[] key, int keyBytes, byte[] value) {
        guard.readLock().lock();
        try {
            checkOpen();
            int length = db.get(families.get(family), read, key, 0, keyBytes, value, 0, value.length);
            return length == RocksDB.NOT_FOUND ? -1 : length;
        } catch (RocksDBException e) {
            throw problem("read", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    /** The value, or null when there is none. */
    byte[] get(String family, byte[] key) {
        guard.readLock().lock();
        try {
            checkOpen();
            return db.get(families.get(family), read, key);
        } catch (RocksDBException e) {
            throw problem("read", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    /** Applies the changes; with sync they, and everything before them, are on the disk on return. */
    void change(boolean sync, Changes changes) {
        guard.readLock().lock();
        try {
            checkOpen();
            try (WriteBatch batch = new WriteBatch()) {
                changes.into(batch);
                db.write(sync ? writeAndSync : write, batch);
            }
        } catch (RocksDBException e) {
            throw problem("written", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    ColumnFamilyHandle family(String name) {
        ColumnFamilyHandle family = families.get(name);
        if (family == null) {
            throw new IllegalArgumentException("the journal has no column family " + name);
        }
        return family;
    }

    /** What is done with a record. */
    interface Reader {
        void read(byte[] key, byte[] value);
    }

    /** Reads every record whose key begins so, in order. */
    void forEach(String family, byte[] prefix, Reader reader) {
        forEach(family, prefix, prefix, reader);
    }

    /** As the other, from a key on. */
    void forEach(String family, byte[] prefix, byte[] from, Reader reader) {
        guard.readLock().lock();
        try {
            checkOpen();
            try (RocksIterator iterator = db.newIterator(families.get(family), read)) {
                iterator.seek(from);
                while (iterator.isValid() && startsWith(iterator.key(), prefix)) {
                    reader.read(iterator.key(), iterator.value());
                    iterator.next();
                }
                iterator.status();
            }
        } catch (RocksDBException e) {
            throw problem("read", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    /** The greatest key, or null when there is no record. */
    byte[] lastKey(String family) {
        guard.readLock().lock();
        try {
            checkOpen();
            try (RocksIterator iterator = db.newIterator(families.get(family), read)) {
                iterator.seekToLast();
                iterator.status();
                return iterator.isValid() ? iterator.key() : null;
            }
        } catch (RocksDBException e) {
            throw problem("read", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Puts everything that was changed so far on the disk. */
    void flush() {
        guard.readLock().lock();
        try {
            checkOpen();
            db.flushWal(true);
        } catch (RocksDBException e) {
            throw problem("written", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    /** A record makes no sense. */
    Problem damaged(String why) {
        return damaged(dir, why, null);
    }

    boolean isEmpty(String family) {
        guard.readLock().lock();
        try {
            checkOpen();
            try (RocksIterator iterator = db.newIterator(families.get(family), read)) {
                iterator.seekToFirst();
                iterator.status();
                return !iterator.isValid();
            }
        } catch (RocksDBException e) {
            throw problem("read", e);
        } finally {
            guard.readLock().unlock();
        }
    }

    /** Waits for calls under way; later ones fail. Closing again does nothing. */
    @Override
    public void close() {
        guard.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            LockSupport.unpark(marker);
            families.values().forEach(ColumnFamilyHandle::close);
            if (db != null) {
                noteAll();
                db.closeE();
            }
        } catch (RocksDBException e) {
            throw problem("closed", e);
        } finally {
            for (AutoCloseable each : natives.reversed()) {
                closeNative(each);
            }
            natives.clear();
            guard.writeLock().unlock();
        }
    }

    private void markNowAndThen() {
        while (!closed) {
            LockSupport.parkNanos(MARK_PERIOD_NS);
            guard.readLock().lock();
            try {
                if (!closed) {
                    noteAll();
                }
            } finally {
                guard.readLock().unlock();
            }
        }
    }

    /** Where that cannot be done a later damage may not be seen, which is no reason to stop. */
    private void noteAll() {
        long number = db.getLatestSequenceNumber();
        if (!isWhole || number == highWater.last()) {
            return;
        }
        try {
            db.flushWal(true);
            highWater.note(number);
        } catch (RocksDBException | IOException e) {
            LOG.warn("the end of the journal {} cannot be noted: {}", dir, e.toString());
        }
    }

    private static void closeNative(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception e) {
            throw new IllegalStateException("RocksDB's own objects close without an error", e);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the journal " + dir + " is closed");
        }
    }

    private <T extends AutoCloseable> T owned(T object) {
        natives.add(object);
        return object;
    }

    private void openNative(List<String> familyNames) throws RocksDBException {
        read = owned(new ReadOptions());
        write = owned(new WriteOptions());
        writeAndSync = owned(new WriteOptions().setSync(true));
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        ColumnFamilyOptions familyOptions = familyOptions();
        List<String> names = new ArrayList<>(List.of(DEFAULT_FAMILY));
        names.addAll(familyNames);
        refuseUnknownFamilies(names);
        for (String name : names) {
            descriptors.add(new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), familyOptions));
        }
        DBOptions options = owned(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                // A torn end is what a power loss leaves; a hole before the end is damage, never to be skipped.
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxTotalWalSize(MAX_WAL_BYTES)
                .setMaxBackgroundJobs(BACKGROUND_JOBS)
                .setMaxOpenFiles(MAX_OPEN_FILES)
                .setMaxManifestFileSize(MAX_MANIFEST_BYTES)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setMaxLogFileSize(MAX_INFO_LOG_BYTES)
                .setKeepLogFileNum(INFO_LOGS_KEPT)
                .setStatsDumpPeriodSec(0);
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        db = RocksDB.open(options, dir.toString(), descriptors, handles);
        for (int i = 0; i < names.size(); i++) {
            families.put(names.get(i), handles.get(i));
        }
    }

    private ColumnFamilyOptions familyOptions() {
        BlockBasedTableConfig tables = new BlockBasedTableConfig()
                .setBlockCache(owned(new LRUCache(BLOCK_CACHE_BYTES)))
                // In small parts: a whole filter of a million objects fits into no shard of the cache, and would be
                // read
                // anew for each question.
                .setIndexType(IndexType.kTwoLevelIndexSearch)
                .setPartitionFilters(true)
                .setCacheIndexAndFilterBlocks(true)
                .setPinTopLevelIndexAndFilter(true)
                .setFilterPolicy(owned(new BloomFilter(BLOOM_BITS_A_KEY)));
        return owned(new ColumnFamilyOptions())
                .setWriteBufferSize(WRITE_BUFFER_BYTES)
                .setCompressionType(CompressionType.NO_COMPRESSION) // handles and identities do not compress
                .setTableFormatConfig(tables);
    }

    /** RocksDB would make a fresh database beside the files of one that lost its entry point. */
    private static void refuseRemains(Path dir) throws IOException {
        if (Files.exists(dir.resolve("CURRENT"))) {
            return;
        }
        try (Stream<Path> files = Files.list(dir)) {
            boolean remains = files.map(f -> f.getFileName().toString())
                    .anyMatch(name -> name.startsWith("MANIFEST") || name.endsWith(".sst"));
            if (remains) {
                throw damaged(dir, "its file CURRENT is missing", null);
            }
        }
    }

    private void refuseUnknownFamilies(List<String> known) throws RocksDBException {
        if (!Files.exists(dir.resolve("CURRENT"))) {
            return;
        }
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, dir.toString())) {
                String text = new String(name, StandardCharsets.UTF_8);
                if (!known.contains(text)) {
                    throw new Problem(
                            "The journal " + dir + " has \"" + text + "\", which this Gemel does not know",
                            "Install the newer Gemel that wrote it");
                }
            }
        }
    }

    private Problem problem(String verb, RocksDBException e) {
        Status.Code code =
                e.getStatus() == null ? Status.Code.Undefined : e.getStatus().getCode();
        String text = String.valueOf(e.getMessage());
        if (code == Status.Code.IOError && text.contains("lock")) {
            return new Problem(
                    "The journal " + dir + " is in use by another process",
                    "Stop the other engine of this node first",
                    e);
        }
        if (code == Status.Code.Corruption) {
            return damaged(dir, text, e);
        }
        return new Problem(
                "The journal " + dir + " cannot be " + verb + ": " + text,
                "Check the disk under " + dir + ": free space (df), permissions, errors (dmesg)",
                e);
    }

    static Problem damaged(Path dir, String why, Throwable cause) {
        return new Problem(
                "The journal " + dir + " is damaged: " + why,
                "Stop the engine, move " + dir + " away and start it again: this node's data is then compared"
                        + " with the peer's in full",
                cause);
    }

    /**
     * Loads RocksDB's native library from a private directory in the journal's own and deletes it at once. The default
     * would leave 15 MB in the directory for temporary files at each engine that is killed, and fail where that
     * directory may not hold programs (noexec).
     */
    private static void loadNativeLibrary(Path dir) throws IOException {
        Path work = Files.createTempDirectory(dir, "native");
        try {
            NativeLibraryLoader.getInstance().loadLibrary(work.toString());
        } finally {
            try (Stream<Path> files = Files.list(work)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(work);
        }
    }
}
