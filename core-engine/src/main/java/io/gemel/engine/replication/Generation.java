package io.gemel.engine.replication;

import java.util.HashMap;
import java.util.Map;

/** The notes of one span of time, and who may still add to it. Used under the lock of its {@link ChangeTracker}. */
public final class Generation {

    /** The part of an identity that grows. */
    private static final long NUMBER_MASK = (1L << 56) - 1;

    final Map<Long, Change> changes = new HashMap<>();

    /** Objects that were born before this span and that a resynchronisation brought whole during it. */
    final SyncedSet brought = new SyncedSet();

    /** Identities from this one on were given during this span or later: they need no notes of their own. */
    long born;

    /** The number of the span, once it is over. */
    long span;

    private int inside;
    private boolean used;

    /** The one that was united with this one although somebody may still be inside. */
    private Generation before;

    Generation(long born) {
        this.born = born;
    }

    /** Whether an identity was given after a mark was. */
    static boolean isBorn(long id, long mark) {
        return (id & NUMBER_MASK) >= mark;
    }

    void enter() {
        inside++;
        used = true;
    }

    void leave() {
        inside--;
    }

    /** Whether every operation that may have noted here has left. */
    boolean isQuiet() {
        if (before != null && before.isQuiet()) {
            before = null;
        }
        return inside == 0 && before == null;
    }

    /** Whoever is inside the other is inside this one too. */
    void waitsFor(Generation other) {
        if (!other.isQuiet()) {
            Generation last = other;
            while (last.before != null) {
                last = last.before;
            }
            last.before = before;
            before = other;
        }
    }

    /** Whether any operation began in it. */
    boolean isUsed() {
        return used || !changes.isEmpty() || !brought.isEmpty();
    }

    Change of(long id) {
        return changes.computeIfAbsent(id, _ -> new Change());
    }

    /** Takes the other's notes in. */
    void unite(Generation other) {
        other.changes.forEach((id, change) -> of(id).merge(change));
        born = Math.min(born, other.born);
        waitsFor(other);
    }
}
