package io.gemel.engine.replication;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * What changed on the primary and is not known to be on the peer, so that a peer that comes back needs no more than that.
 *
 * <p>Each operation {@linkplain #enter enters}, notes what it is about to change while it holds the object's lock and
 * before it asks whether the object is mirrored, and leaves once it was put on the stream or was not to be.
 *
 * <ul>
 *   <li>While the peer has everything there are two generations of notes. About once a second the older one gets a mark,
 *       the stream's last number, but only after everyone who may have noted in it has left; it is dropped once the peer
 *       has acknowledged the mark. Then the current one becomes the older.
 *   <li>When the peer is lost both are one, and all that follows is added.
 *   <li>In a resynchronisation that set is what is <em>pending</em>: an operation on a pending object only adds to its
 *       note and is not sent; one on any other object is sent, and noted as while the peer has everything. Both are
 *       decided under the object's lock, as is the object's leaving the pending.
 * </ul>
 *
 * <p>Bounded by {@link #MAX_OBJECTS}; with more the tracking ends until the next full copy. Safe for concurrent use.
 */
public final class ChangeTracker implements SyncedObjects {

    /** Most objects in one generation: some 80 MiB. */
    public static final int MAX_OBJECTS = 500_000;

    /** Stands for no mark. */
    private static final long UNMARKED = -1;

    /** The notes of one span of time, and who may still add to it. */
    public static final class Generation {
        private final Map<Long, Change> changes = new HashMap<>();
        private int inside;

        /** The one that was united with this one although somebody may still be inside. */
        private Generation before;

        private boolean isQuiet() {
            if (before != null && before.isQuiet()) {
                before = null;
            }
            return inside == 0 && before == null;
        }
    }

    private Generation current = new Generation();
    private Generation older;
    private long mark = UNMARKED;
    private int markEpoch;

    /** What a resynchronisation has not brought yet, or null when there is none. */
    private Generation pending;

    /** Whether notes are taken at all; read without the lock where a note that is missed does not matter. */
    private volatile boolean recording;

    /** Whether the current generation is kept; what is pending always is. */
    private boolean keeping;

    /** Whether the notes tell the whole difference to the peer as it was when it last had everything. */
    private boolean complete;

    private String whyIncomplete = "this engine never mirrored to it";

    /** An operation begins; to be given to {@link #leave}. */
    public synchronized Generation enter() {
        current.inside++;
        return current;
    }

    /** The operation is on the stream, or is not to be. */
    public synchronized void leave(Generation entered) {
        entered.inside--;
    }

    /** Bytes of a file change. */
    public void data(long id, long offset, long length) {
        if (recording) {
            synchronized (this) {
                note(id).markData(offset, length);
            }
        }
    }

    /** A file gets another size. */
    public void size(long id, long size) {
        if (recording) {
            synchronized (this) {
                note(id).markSize(size);
            }
        }
    }

    /** Content moves about in a file. */
    public void whole(long id) {
        if (recording) {
            synchronized (this) {
                note(id).markWhole();
            }
        }
    }

    /** Attributes change. */
    public void attributes(long id) {
        if (recording) {
            synchronized (this) {
                note(id);
            }
        }
    }

    /** Names in a directory change. */
    public void entries(long id) {
        if (recording) {
            synchronized (this) {
                note(id).markEntries();
            }
        }
    }

    /**
     * An object was made.
     *
     * @param sent whether the peer is told; if not, and a resynchronisation runs, the object is pending
     */
    public void made(long id, boolean directory, boolean sent) {
        if (recording) {
            synchronized (this) {
                Generation where = pending != null && !sent ? pending : current;
                note(where, id).markNew(directory);
            }
        }
    }

    private Change note(long id) {
        Change waiting = pending == null ? null : pending.changes.get(id);
        return waiting == null ? note(current, id) : waiting;
    }

    private Change note(Generation where, long id) {
        if (where == current && !keeping) {
            return new Change();
        }
        Change change = where.changes.get(id);
        if (change == null) {
            change = new Change();
            where.changes.put(id, change);
            if (where.changes.size() > MAX_OBJECTS) {
                giveUp("more than " + MAX_OBJECTS + " objects changed");
            }
        }
        return change;
    }

    /** What is pending stays: those objects are not on the peer. */
    private void giveUp(String why) {
        keeping = false;
        recording = pending != null;
        complete = false;
        whyIncomplete = why;
        older = null;
        current.changes.clear();
    }

    /** The peer is about to get everything, by a copy or because it is identical: what was noted before does not matter. */
    public synchronized void begin() {
        pending = null;
        giveUp("the copy to it did not end");
        keepNotes();
    }

    /** Notes are taken from now on; those that there are stay. */
    public synchronized void keepNotes() {
        keeping = true;
        recording = true;
    }

    /** The peer has everything but what was noted. */
    public synchronized void peerHasEverything() {
        pending = null;
        complete = keeping;
        recording = keeping;
    }

    /** The peer gets nothing any more: from now on the notes are kept until it comes back. */
    public synchronized void peerLost() {
        if (pending != null || !complete) {
            // In the middle of a copy: the peer is neither what it was nor what it was to become.
            pending = null;
            giveUp(whyIncomplete);
            return;
        }
        mark = UNMARKED;
        Generation united = older;
        older = null;
        if (united != null) {
            united.changes.forEach((id, change) -> note(current, id).merge(change));
            united.changes.clear();
            if (!united.isQuiet()) {
                united.before = current.before;
                current.before = united;
            }
        }
    }

    /** Why a peer that comes back cannot be given only what changed; empty when it can. */
    public synchronized Optional<String> whyIncomplete() {
        return complete ? Optional.empty() : Optional.of(whyIncomplete);
    }

    /** Whether every operation that may have noted in the older generation has left it. */
    public synchronized boolean olderIsQuiet() {
        return older != null && mark == UNMARKED && older.isQuiet();
    }

    /**
     * Drops the older generation when the peer has it, and makes the current one the older; about once a second.
     *
     * @param quiet {@link #olderIsQuiet} from before the times of files were sent
     * @param now where the stream is after that
     */
    public synchronized void rotate(boolean quiet, ReplicationStream.Position now) {
        if (!complete || pending != null || !now.mirrored()) {
            return;
        }
        if (quiet && older != null && mark == UNMARKED) {
            mark = now.sent();
            markEpoch = now.epoch();
        }
        if (older != null && mark != UNMARKED && markEpoch == now.epoch() && now.acknowledged() >= mark) {
            older = null;
        }
        if (older == null && !current.changes.isEmpty()) {
            older = current;
            current = new Generation();
            mark = UNMARKED;
        }
    }

    /**
     * A resynchronisation begins: what is noted is pending. The stream asks this tracker already, so that an operation that
     * notes from now on finds it: see {@link ReplicationStream#beginResync}.
     */
    public synchronized void beginResync() {
        pending = current;
        current = new Generation();
        complete = false;
        whyIncomplete = "the resynchronisation did not end";
    }

    /** Whether every operation that began before the resynchronisation has ended: what is pending is known then. */
    public synchronized boolean pendingIsQuiet() {
        return pending == null || pending.isQuiet();
    }

    /** Whether operations on the object are sent while a resynchronisation runs. */
    @Override
    public synchronized boolean contains(long id) {
        return !(pending == null ? current : pending).changes.containsKey(id);
    }

    /** The object is not pending any more; its lock is held, or it is gone. */
    @Override
    public synchronized boolean add(long id) {
        return pending != null && pending.changes.remove(id) != null;
    }

    @Override
    public synchronized boolean isKnown(long id) {
        Change change = (pending == null ? current : pending).changes.get(id);
        return change == null || !change.isNew();
    }

    @Override
    public synchronized void makeKnown(long id) {
        Change change = pending == null ? null : pending.changes.get(id);
        if (change != null) {
            change.markKnown();
        }
    }

    /** What is pending of an object, or nothing. */
    public synchronized Optional<Change> pending(long id) {
        return pending == null ? Optional.empty() : Optional.ofNullable(pending.changes.get(id));
    }

    /** The pending objects of which the predicate is true. */
    public synchronized long[] pending(LongPredicate which) {
        return pending == null
                ? new long[0]
                : pending.changes.keySet().stream()
                        .mapToLong(Long::longValue)
                        .filter(which)
                        .toArray();
    }
}
