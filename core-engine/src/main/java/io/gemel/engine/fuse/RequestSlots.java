package io.gemel.engine.fuse;

import io.gemel.engine.os.Memory;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One slot for each request under way that must not be executed twice, in memory that outlives the engine: what was so
 * before it was executed, from which the next engine, to which the kernel sends the request again, knows whether it was.
 * Invariants:
 *
 * <ol>
 *   <li>A slot's {@code unique} is written last and cleared first; 0 is a free slot.
 *   <li>A slot is written before the request's effect and freed after its answer: the kernel sends a request that was
 *       answered never again, and its numbers are never used again.
 *   <li>The count of opens changes between {@code COUNTING} and {@code COUNTED}, under the object's lock.
 * </ol>
 */
final class RequestSlots {

    /** As many as can wait for the peer, and those in the hands of workers. */
    static final int SLOTS = FuseMount.WAITING_REPLIES + 256;

    static final int SLOT_BYTES = 64;
    static final int BYTES = SLOTS * SLOT_BYTES;
    static final int NONE = -1;

    /** In {@code unique}: the kernel sends it again; {@code FUSE_UNIQUE_RESEND}. */
    private static final long RESENT = 1L << 63;

    private static final int UNIQUE_AT = 0;
    private static final int FIRST_AT = 8;
    private static final int SECOND_AT = 16;
    private static final int NODE_AT = 24;
    private static final int BEFORE_AT = 32;
    private static final int COUNT_AT = 40;

    private static final long COUNTING = 1;
    private static final long COUNTED = 2;

    /** How long after the first new request one that is sent again may still be in the hands of a worker. */
    private static final long STALE_NS = TimeUnit.SECONDS.toNanos(30);

    private final long memory;
    private final int[] free = new int[SLOTS];
    private int freeCount;

    /** Of an engine that died: requests that it began and that were not seen again yet. */
    private final Map<Long, Integer> left = new HashMap<>();

    private long firstNewNs;

    RequestSlots(long memory) {
        this.memory = memory;
        for (int slot = SLOTS - 1; slot >= 0; slot--) {
            long unique = Memory.getLong(at(slot) + UNIQUE_AT);
            if (unique == 0) {
                free[freeCount++] = slot;
            } else {
                left.put(unique, slot);
            }
        }
    }

    private long at(int slot) {
        return memory + (long) slot * SLOT_BYTES;
    }

    static boolean isResent(long unique) {
        return (unique & RESENT) != 0;
    }

    /** Before anything is served: of a count that was about to change it is known whether it did. */
    void settle(OpenCounts opens) {
        for (int slot : left.values()) {
            long at = at(slot);
            if (Memory.getLong(at + COUNT_AT) == COUNTING) {
                boolean changed = opens.count(Memory.getLong(at + NODE_AT)) != Memory.getLong(at + BEFORE_AT);
                Memory.putLong(at + COUNT_AT, changed ? COUNTED : 0);
            }
        }
    }

    /** The slot of a request that is sent again, or {@link #NONE} when nothing of it was begun. */
    synchronized int claim(long unique) {
        Integer slot = left.remove(unique & ~RESENT);
        return slot == null ? NONE : slot;
    }

    /** A slot for a request, or {@link #NONE} when there is none: then it is not protected. */
    synchronized int take(long unique) {
        if (!left.isEmpty() && !isResent(unique)) {
            dropStale();
        }
        if (freeCount == 0) {
            return NONE;
        }
        int slot = free[--freeCount];
        Memory.zero(at(slot), SLOT_BYTES);
        return slot;
    }

    /** What is sent again comes before all that is new: those that do not come were answered. */
    private void dropStale() {
        long nowNs = System.nanoTime();
        if (firstNewNs == 0) {
            firstNewNs = nowNs;
        } else if (nowNs - firstNewNs > STALE_NS) {
            left.values().forEach(this::giveBack);
            left.clear();
        }
    }

    /** Writes what is so before a request is executed. */
    void write(int slot, long unique, long first, long second) {
        long at = at(slot);
        Memory.putLong(at + FIRST_AT, first);
        Memory.putLong(at + SECOND_AT, second);
        Memory.inOrder();
        Memory.putLong(at + UNIQUE_AT, unique & ~RESENT);
        Memory.inOrder();
    }

    long first(int slot) {
        return Memory.getLong(at(slot) + FIRST_AT);
    }

    long second(int slot) {
        return Memory.getLong(at(slot) + SECOND_AT);
    }

    /** Counts an open or a release of an object, once for each request; its lock is held. */
    void count(int slot, OpenCounts opens, long node, int delta) {
        long at = at(slot);
        if (Memory.getLong(at + COUNT_AT) == COUNTED) {
            return;
        }
        Memory.putLong(at + NODE_AT, node);
        Memory.putLong(at + BEFORE_AT, opens.count(node));
        Memory.inOrder();
        Memory.putLong(at + COUNT_AT, COUNTING);
        Memory.inOrder();
        opens.add(node, delta);
        Memory.inOrder();
        Memory.putLong(at + COUNT_AT, COUNTED);
        Memory.inOrder();
    }

    /** The request was answered. */
    synchronized void giveBack(int slot) {
        Memory.putLong(at(slot) + UNIQUE_AT, 0);
        free[freeCount++] = slot;
    }
}
