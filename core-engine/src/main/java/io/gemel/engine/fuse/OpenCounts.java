package io.gemel.engine.fuse;

import io.gemel.engine.os.Memory;
import java.util.Arrays;

/**
 * How often the kernel has each object open, in memory that outlives the engine. Invariants:
 *
 * <ol>
 *   <li>An object's count stands in its bucket; what finds no place there is counted together for the bucket.
 *   <li>An entry whose count is 0 is free, whatever object it names.
 * </ol>
 *
 * <p>Changes of one object come one at a time (its lock is held); those of different objects do not.
 */
public final class OpenCounts {

    private static final int BUCKETS = 4096;
    private static final int ENTRIES = 16;
    private static final int ENTRY_BYTES = 16;
    private static final int BUCKET_BYTES = (ENTRIES + 1) * ENTRY_BYTES;
    private static final int STRIPES = 64;
    private static final int NONE = 0;

    static final int BYTES = BUCKETS * BUCKET_BYTES;

    private final long memory;
    private final Object[] stripes = new Object[STRIPES];

    OpenCounts(long memory) {
        this.memory = memory;
        Arrays.setAll(stripes, i -> new Object());
    }

    private static int bucketOf(long node) {
        return (int) ((node * 0x9E37_79B9_7F4A_7C15L) >>> 52);
    }

    private long bucketAt(int bucket) {
        return memory + (long) bucket * BUCKET_BYTES;
    }

    /** Whether it may be open: certain, but for what is counted together. */
    public boolean isOpen(long node) {
        int bucket = bucketOf(node);
        synchronized (stripes[bucket % STRIPES]) {
            return find(bucket, node) != NONE || together(bucket) > 0;
        }
    }

    /** The count of an object, or of all that are counted together with it when it has no entry. */
    long count(long node) {
        int bucket = bucketOf(node);
        synchronized (stripes[bucket % STRIPES]) {
            long entry = find(bucket, node);
            return entry == NONE ? together(bucket) : Memory.getLong(entry + 8);
        }
    }

    /** Counts one open, or one release (-1). */
    void add(long node, int delta) {
        int bucket = bucketOf(node);
        synchronized (stripes[bucket % STRIPES]) {
            long entry = find(bucket, node);
            if (entry == NONE && delta > 0) {
                entry = enter(bucket, node);
            }
            if (entry == NONE) {
                // A release that is not known was never counted, or was counted together with others.
                Memory.putLong(bucketAt(bucket), Math.max(0, together(bucket) + delta));
            } else {
                Memory.putLong(entry + 8, Memory.getLong(entry + 8) + delta);
            }
        }
    }

    private long together(int bucket) {
        return Memory.getLong(bucketAt(bucket));
    }

    /** Address of an object's entry. */
    private long find(int bucket, long node) {
        for (int i = 1; i <= ENTRIES; i++) {
            long entry = bucketAt(bucket) + (long) i * ENTRY_BYTES;
            if (Memory.getLong(entry) == node && Memory.getLong(entry + 8) > 0) {
                return entry;
            }
        }
        return NONE;
    }

    private long enter(int bucket, long node) {
        for (int i = 1; i <= ENTRIES; i++) {
            long entry = bucketAt(bucket) + (long) i * ENTRY_BYTES;
            if (Memory.getLong(entry + 8) == 0) {
                Memory.putLong(entry, node);
                Memory.inOrder();
                return entry;
            }
        }
        return NONE;
    }
}
