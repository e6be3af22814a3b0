package io.gemel.engine.replication;

import io.gemel.engine.replication.ChangeStore.Header;
import io.gemel.engine.replication.ChangeStore.Intent;
import io.gemel.engine.replication.ChangeStore.Saved;
import io.gemel.engine.replication.ChangeStore.Update;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What changed on the primary and is not known to be durable on both nodes, so that a peer that comes back needs no more
 * than that, whichever node died or lost power.
 *
 * <p>Each operation {@linkplain #enter enters}, notes what it is about to change while it holds the object's lock, before
 * it changes it and before it asks whether the object is mirrored, and leaves once it was put on the stream or was not to be.
 *
 * <ul>
 *   <li>A note is precise (64 KiB blocks) and in memory; an intent is coarse (4 MiB) and in the {@link ChangeStore} before
 *       the change is done. An object that was born since the mark in the store's header needs neither.
 *   <li>While the peer has everything there are two spans of notes. The older one ends once everyone who may have noted
 *       in it has left and both nodes have put everything on disk since: then its notes go, the mark moves, and intents
 *       that were not used since may go.
 *   <li>When the peer is lost both are one, all that follows is added, and now and then saved.
 *   <li>In a resynchronisation that set is what is <em>pending</em>: an operation on a pending object only adds to its
 *       note and is not sent; one on any other object is sent, and noted as while the peer has everything. Both are
 *       decided under the object's lock, as is the object's leaving the pending.
 * </ul>
 *
 * <p>Bounded by {@link #MAX_OBJECTS}; with more the tracking ends until the next full copy. Safe for concurrent use.
 */
public final class ChangeTracker {

    /** Most objects in one span: some 80 MiB. */
    public static final int MAX_OBJECTS = 500_000;

    /** Spans without use after which an intent is dropped. */
    private static final long IDLE_SPANS = 6;

    private final ChangeStore store;
    private final LongSupplier marks;
    private final Intents intents;

    private Header header = Header.NONE;
    private Generation current = new Generation(ChangeStore.NOTHING_BORN);
    private Generation older;
    private Resync resync;

    /** New objects that resynchronisations brought since the peer was lost, and that are durable on it. */
    private SyncedSet brought = new SyncedSet();

    /** Whether notes are taken; read without the lock where a note that is missed does not matter. */
    private volatile boolean recording;

    /** Whether the peer has everything but what was noted. */
    private boolean mirrored;

    /** Objects whose notes the store does not have as they are. */
    private final Set<Long> unsaved = new HashSet<>();

    private long span = 1;
    private String whyUnknown = "nothing is known of what both nodes last shared";

    /**
     * @param marks gives numbers of identities: all given before are below, all given later above
     * @param hurry called, without waiting, when the end of the older span is wanted soon
     */
    public ChangeTracker(ChangeStore store, LongSupplier marks, Runnable hurry) {
        this.store = store;
        this.marks = marks;
        intents = new Intents(store, hurry);
    }

    /** Goes on from what the store has; before the first operation. */
    public synchronized void open() {
        Saved saved = store.load();
        if (!saved.header().known()) {
            return;
        }
        long born = saved.header().born() == ChangeStore.NOTHING_BORN
                ? marks.getAsLong()
                : saved.header().born();
        header = saved.header().bornFrom(born);
        current = new Generation(born);
        Update update = new Update().forgetAll().header(header);
        saved.changes().forEach((id, change) -> {
            current.changes.put(id, change);
            update.change(id, Optional.of(change));
        });
        store.save(update);
        recording = true;
    }

    /** Notes are taken from now on although nothing is known yet: a mirror is about to begin. */
    public synchronized void expectMirror() {
        recording = true;
    }

    /** An operation begins; to be given to {@link #leave}. */
    public synchronized Generation enter() {
        current.enter();
        return current;
    }

    /** The operation is on the stream, or is not to be. */
    public synchronized void leave(Generation entered) {
        entered.leave();
    }

    /** Bytes of a file are about to change. */
    public void data(long id, long offset, long length) {
        if (recording) {
            note(
                    id,
                    change -> change.markData(offset, length),
                    need -> intents.useData(need, id, offset, length, span));
        }
    }

    /** A file is about to get another size. */
    public void size(long id, long size) {
        if (recording) {
            note(id, change -> change.markSize(size), need -> intents.use(need, id, Intent.SIZE, size, span));
        }
    }

    /** Content is about to move about in a file. */
    public void whole(long id) {
        if (recording) {
            note(id, Change::markWhole, need -> intents.use(need, id, Intent.WHOLE, 0, span));
        }
    }

    /** Attributes are about to change. */
    public void attributes(long id) {
        if (recording) {
            long group = id / Intent.GROUP * Intent.GROUP;
            note(id, change -> {}, need -> intents.use(need, group, Intent.ATTRIBUTES, 0, span));
        }
    }

    /** Names in a directory are about to change. */
    public void entries(long id) {
        if (recording) {
            note(id, Change::markEntries, need -> intents.use(need, id, Intent.ENTRIES, 0, span));
        }
    }

    /** A file that has, or had, no name: a peer that was away has thrown it away, if it had it. */
    public void nameless(long id) {
        if (recording) {
            synchronized (this) {
                noteIn(current, id).markNew();
                if (!needsIntent(id)) {
                    return;
                }
            }
            intents.secure(need -> intents.use(need, id, Intent.NEW, 0, span));
        }
    }

    /** An object was made, and the peer is told of it. */
    public synchronized void madeThere(long id) {
        if (resync != null) {
            resync.madeThere(id);
        }
    }

    private void note(long id, Consumer<Change> mark, Consumer<Intents.Need> use) {
        synchronized (this) {
            Change change = noteOf(id);
            if (change != null) {
                mark.accept(change);
            }
            if (!needsIntent(id)) {
                return;
            }
        }
        intents.secure(use);
    }

    private boolean needsIntent(long id) {
        return header.known() && !Generation.isBorn(id, header.born());
    }

    /** Where a change of the object is to be noted, or null where it need not be. */
    private Change noteOf(long id) {
        if (resync != null) {
            Change waiting = resync.noteOf(id);
            if (waiting != null) {
                unsaved.add(id);
                return waiting;
            }
            if (resync.isPending(id)) {
                return null;
            }
        }
        return Generation.isBorn(id, current.born) && !brought.contains(id) ? null : noteIn(current, id);
    }

    private Change noteIn(Generation where, long id) {
        Change change = where.of(id);
        if (where.changes.size() > MAX_OBJECTS) {
            distrust("more than " + MAX_OBJECTS + " objects changed");
        } else if (!mirrored && header.known()) {
            unsaved.add(id);
        }
        return change;
    }

    /** What was noted is not the whole difference: the peer is to get everything next. What is pending stays so. */
    public synchronized void distrust(String why) {
        whyUnknown = why;
        recording = resync != null;
        forget();
        older = null;
        current.changes.clear();
    }

    private void forget() {
        if (header.known()) {
            header = Header.NONE;
            store.save(new Update().forgetAll().header(header));
        }
        intents.clear();
        unsaved.clear();
    }

    /** The peer is about to get everything: what was noted before does not matter, and nothing is known until it has it. */
    public synchronized void beginCopy() {
        whyUnknown = "the copy to it did not end";
        forget();
        resync = null;
        older = null;
        brought = new SyncedSet();
        mirrored = false;
        Generation before = current;
        current = new Generation(marks.getAsLong());
        current.waitsFor(before);
        recording = true;
    }

    /**
     * Begins a new span: once everybody has left the one before, which is returned, the peer has on the stream all that a
     * copy or a resynchronisation brings.
     */
    public synchronized Generation endCopy() {
        if (older != null) {
            current.unite(older);
        }
        cut();
        return older;
    }

    /** Whether every operation that belongs to a span, or to one before, is on the stream. */
    public synchronized boolean isQuiet(Generation generation) {
        return generation.isQuiet();
    }

    private void cut() {
        older = current;
        older.span = span++;
        current = new Generation(marks.getAsLong());
        recording = true;
    }

    /**
     * The peer has everything but what was noted since.
     *
     * @param ended the span that {@link #endCopy} ended, which is durable on both nodes
     * @param base the generation of the data
     */
    public synchronized void peerHasEverything(Optional<Generation> ended, long base) {
        if (older != null && !Optional.of(older).equals(ended)) {
            current.unite(older);
        }
        older = null;
        resync = null;
        brought = new SyncedSet();
        unsaved.clear();
        if (current.born == ChangeStore.NOTHING_BORN) {
            current.born = marks.getAsLong();
        }
        header = Header.identical(base).bornFrom(current.born);
        intents.clear();
        List<Intent> made = intents.of(current.changes, Long.MIN_VALUE, span);
        store.save(new Update().forgetAll().header(header).intend(made));
        intents.ended(made, true);
        mirrored = true;
        recording = true;
    }

    /** The peer is identical, and gets everything from now on. */
    public synchronized void mirror(long base) {
        if (header.base() == base) {
            mirrored = true;
        } else {
            peerHasEverything(Optional.empty(), base);
        }
    }

    /** The peer gets nothing any more: from now on the notes are kept until it comes back. */
    public synchronized void peerLost() {
        mirrored = false;
        if (older != null) {
            current.unite(older);
            older = null;
        }
        if (resync != null) {
            resync.addLeft(current);
            resync = null;
        }
        if (!header.known()) {
            recording = false;
            current.changes.clear();
            return;
        }
        unsaved.addAll(current.changes.keySet());
    }

    /** What the peer lacks; nothing while it has everything, is being brought it, or nothing is known. */
    public synchronized Optional<Unshared> unshared() {
        boolean counts = header.known() && !mirrored && resync == null;
        return counts ? Optional.of(Unshared.of(current.changes, current.born)) : Optional.empty();
    }

    /** Why a peer that comes back with this base cannot be given only what changed; empty when it can. */
    public synchronized Optional<String> whyNotIncremental(long peerBase) {
        if (!header.known()) {
            return Optional.of(whyUnknown);
        }
        if (peerBase == ChangeStore.NO_BASE) {
            return Optional.of("the peer does not know what both nodes last shared");
        }
        boolean shared = peerBase == header.base() || peerBase == header.towards();
        return shared ? Optional.empty() : Optional.of("what the peer has is not what both nodes last shared");
    }

    /**
     * A resynchronisation is about to begin: what the peer remembers of its own changes is to be brought as well.
     *
     * @param generation of the data that it is to have
     * @return from which identity on the peer is to forget those that it gave itself; or NOTHING_BORN
     */
    public synchronized long prepareResync(Saved peer, long generation) {
        boolean peerServed = peer.header().born() != ChangeStore.NOTHING_BORN;
        current.born = Math.min(current.born, peer.header().born());
        header = new Header(header.base(), current.born, generation);
        peer.changes().forEach((id, change) -> {
            current.of(id).merge(change);
            unsaved.add(id);
        });
        Update update = new Update().header(header);
        putUnsaved(update);
        store.save(update);
        return peerServed ? current.born : ChangeStore.NOTHING_BORN;
    }

    /**
     * A resynchronisation begins: what is noted is pending.
     *
     * @param begin makes the stream ask what is pending; in one step with it, so that nobody notes in between
     */
    public synchronized Resync beginResync(Consumer<Resync> begin) {
        Resync begun = new Resync(this, current, brought);
        resync = begun;
        current = new Generation(marks.getAsLong());
        begin.accept(begun);
        return begun;
    }

    /** A resynchronisation has sent all of an object; nothing to note: the object is new to the peer. */
    void brought(Resync by, long id, Optional<Change> change) {
        if (resync == by) {
            change.ifPresentOrElse(noted -> current.of(id).merge(noted), () -> current.brought.add(id));
        }
    }

    /**
     * The older span, if nobody can add to it any more: what was on the stream before now is all that there is of it.
     * About once in ten seconds, and when hurried.
     */
    public synchronized Optional<Generation> endSpan() {
        if (!header.known() || !(mirrored || resync != null)) {
            return Optional.empty();
        }
        if (older == null) {
            if (!current.isUsed() && intents.isEmpty()) {
                return Optional.empty();
            }
            cut();
        }
        return older.isQuiet() ? Optional.of(older) : Optional.empty();
    }

    /** Whether a span has ended that somebody may still be in. */
    public synchronized boolean isEnding() {
        return older != null;
    }

    /** Both nodes have put everything on disk since {@link #endSpan} gave this span. */
    public void spanIsDurable(Generation ended) {
        Update update = new Update();
        List<Intent> made = List.of();
        List<Intent> dropped;
        synchronized (this) {
            if (older != ended || !header.known()) {
                return;
            }
            older = null;
            if (resync == null) {
                long mark = header.born();
                header = header.bornFrom(current.born);
                made = intents.of(current.changes, mark, span);
            } else {
                brought.addAll(ended.brought);
                unsaved.addAll(ended.changes.keySet());
                putUnsaved(update);
            }
            dropped = intents.drop(ended.span, ended.span - IDLE_SPANS);
            update.header(header).intend(made).end(dropped);
        }
        save(update, made, dropped);
    }

    /** While the peer is away: puts notes into the store, so that intents can be dropped. */
    public void saveNotes() {
        Update update = new Update();
        List<Intent> dropped;
        synchronized (this) {
            if (!header.known() || mirrored || resync != null) {
                return;
            }
            putUnsaved(update);
            long ended = span++;
            dropped = intents.drop(ended, ended - IDLE_SPANS);
            update.end(dropped);
        }
        if (!update.isEmpty()) {
            save(update, List.of(), dropped);
        }
    }

    private void save(Update update, List<Intent> made, List<Intent> dropped) {
        boolean saved = false;
        try {
            store.save(update);
            saved = true;
        } finally {
            intents.dropped(dropped);
            intents.ended(made, saved);
            if (!saved) {
                synchronized (this) {
                    unsaved.addAll(update.changes().keySet());
                }
            }
        }
    }

    private void putUnsaved(Update update) {
        for (long id : unsaved) {
            update.change(id, remembered(id));
        }
        unsaved.clear();
    }

    private Optional<Change> remembered(long id) {
        Change united = new Change();
        boolean some = resync != null && resync.addLeft(id, united);
        for (Generation generation : older == null ? List.of(current) : List.of(older, current)) {
            Change change = generation.changes.get(id);
            if (change != null) {
                some = true;
                united.merge(change);
            }
        }
        return some ? Optional.of(united) : Optional.empty();
    }

    /**
     * Nothing more is changed here.
     *
     * @param confirmed whether both nodes have on disk all that the peer gets
     */
    public void close(boolean confirmed) {
        synchronized (this) {
            if (confirmed && mirrored && header.known()) {
                header = Header.identical(header.base());
                store.save(new Update().forgetAll().header(header));
                return;
            }
            peerLost();
        }
        saveNotes();
    }
}
