package io.gemel.engine.replication;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * What one resynchronisation has still to bring. Every object is <em>pending</em>, <em>under way</em> while its content
 * is sent, or synced. Once it ended, for whatever reason, it changes nothing any more. Safe for concurrent use: everything
 * is done under the lock of its {@link ChangeTracker}.
 */
public final class Resync implements SyncedObjects {

    private final ChangeTracker tracker;
    private final Generation pending;

    /** Objects whose operations are sent already, and of whose own changes a part is still to be. */
    private final Map<Long, Change> underWay = new HashMap<>();

    /** What the target asked for. */
    private final Set<Long> needed = new LinkedHashSet<>();

    /** Identities from this one on are new to the target, but for those that it was told of or that it has whole. */
    private final long born;

    private final SyncedSet synced = new SyncedSet();
    private final SyncedSet told = new SyncedSet();

    /** New objects that were brought before, by this or an earlier attempt, and that are durable there. */
    private final SyncedSet brought;

    Resync(ChangeTracker tracker, Generation pending, SyncedSet brought) {
        this.tracker = tracker;
        this.pending = pending;
        this.born = pending.born;
        this.brought = brought;
    }

    /** Whether every operation that began before the resynchronisation has ended: what is pending is known then. */
    public boolean isQuiet() {
        synchronized (tracker) {
            return pending.isQuiet();
        }
    }

    private boolean isBorn(long id) {
        return Generation.isBorn(id, born) && !brought.contains(id);
    }

    boolean isPending(long id) {
        return pending.changes.containsKey(id) || (isBorn(id) && !synced.contains(id));
    }

    /** The object's own note, or null. */
    Change noteOf(long id) {
        return pending.changes.get(id);
    }

    /** Whether operations on the object are sent. */
    @Override
    public boolean contains(long id) {
        synchronized (tracker) {
            return !isPending(id);
        }
    }

    @Override
    public boolean isKnown(long id) {
        synchronized (tracker) {
            Change change = pending.changes.get(id);
            boolean isNew = (isBorn(id) && !synced.contains(id)) || (change != null && change.isNew());
            return !isNew || told.contains(id);
        }
    }

    @Override
    public void makeKnown(long id) {
        synchronized (tracker) {
            told.add(id);
        }
    }

    @Override
    public boolean bringAgain(long directory) {
        synchronized (tracker) {
            pending.of(directory).markEntries();
            return true;
        }
    }

    @Override
    public boolean isDone() {
        synchronized (tracker) {
            return pending.changes.isEmpty();
        }
    }

    /** Operations on it are sent from now on; its lock is held. Whether they were not. */
    @Override
    public boolean add(long id) {
        synchronized (tracker) {
            Change change = pending.changes.remove(id);
            boolean isNew = isBorn(id) && synced.add(id);
            if (change != null || isNew) {
                underWay.put(id, change == null ? new Change() : change);
            }
            return change != null || isNew;
        }
    }

    /** A new object whose making is sent itself. */
    void madeThere(long id) {
        synced.add(id);
    }

    /** All of the object that was pending is on the stream: what it was now counts as changed in this span of time. */
    public void isBrought(long id) {
        synchronized (tracker) {
            Change change = underWay.remove(id);
            if (change != null) {
                tracker.brought(this, id, isBorn(id) ? Optional.empty() : Optional.of(change));
            }
        }
    }

    /** An object without a name, which the target has only if it was made during this resynchronisation. */
    public void nameless(long id) {
        synchronized (tracker) {
            if (!synced.contains(id)) {
                pending.of(id).markNew();
            }
        }
    }

    /** The target lacks the object. */
    public void need(long id) {
        synchronized (tracker) {
            needed.add(id);
        }
    }

    /** The next object that the target asked for, of which the predicate is true; it is to be sent whole now. */
    public Optional<Long> needed(LongPredicate which) {
        synchronized (tracker) {
            Optional<Long> next = needed.stream().filter(which::test).findFirst();
            next.ifPresent(id -> {
                needed.remove(id);
                // Should this attempt end before it is there, the next one brings it.
                Change waiting = pending.changes.get(id);
                (waiting == null ? underWay.computeIfAbsent(id, _ -> new Change()) : waiting).markNew();
                told.add(id);
            });
            return next;
        }
    }

    /** The object is gone here; that the target may have it is noted with the directories that it was in. */
    public void isGone(long id) {
        synchronized (tracker) {
            pending.changes.remove(id);
            underWay.remove(id);
        }
    }

    /** What is to be sent of an object, or nothing when it is synced. */
    public Optional<Change> pending(long id) {
        synchronized (tracker) {
            Change change = pending.changes.get(id);
            if (isBorn(id) && !synced.contains(id)) {
                change = change == null ? new Change() : change;
                change.markNew();
            }
            return Optional.ofNullable(change);
        }
    }

    /** The objects of which something is noted and pending and the predicate is true; not those that are only new. */
    public List<Long> pending(LongPredicate which) {
        List<Long> found = new ArrayList<>();
        synchronized (tracker) {
            for (long id : pending.changes.keySet()) {
                if (which.test(id)) {
                    found.add(id);
                }
            }
        }
        return found;
    }

    /** It did not end: adds whatever was not brought. */
    void addLeft(Generation left) {
        left.unite(pending);
        underWay.forEach((id, change) -> left.of(id).merge(change));
    }

    /** Adds what is left to bring of an object; whether there is anything. */
    boolean addLeft(long id, Change remembered) {
        Change waiting = pending.changes.get(id);
        Change sent = underWay.get(id);
        if (waiting != null) {
            remembered.merge(waiting);
        }
        if (sent != null) {
            remembered.merge(sent);
        }
        return waiting != null || sent != null;
    }
}
