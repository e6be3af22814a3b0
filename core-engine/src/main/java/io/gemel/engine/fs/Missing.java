package io.gemel.engine.fs;

import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.ChangeStore;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What the target of a resynchronisation turns out to lack although the source takes it for known: a node that served
 * last, and removed objects of which the other never heard, or one that lost power. It is asked for, and comes whole.
 */
final class Missing {

    /** More are a sign that the copy is not what the source takes it for. */
    private static final int MAX_DROPPED = 100_000;

    private final ChangeStore journal;

    /** Objects of which operations came before they did. */
    private final Set<Long> dropped = new HashSet<>();

    /** Who is asked. */
    interface Asked {
        /** For an object. */
        void object(long id);

        /** For blocks of a file. */
        void blocks(long id, long offset, long bits);

        /** A check found something else: {@code StreamFormat.MISMATCH_*}. */
        void mismatch(long id, int what);
    }

    static final Asked NOBODY = new Asked() {
        @Override
        public void object(long id) {}

        @Override
        public void blocks(long id, long offset, long bits) {}

        @Override
        public void mismatch(long id, int what) {}
    };

    private Asked ask = NOBODY;
    private boolean asked;
    private boolean open;

    Missing(ChangeStore journal) {
        this.journal = journal;
    }

    /** Who is asked from now on. */
    void begin(Asked asks) {
        ask = asks;
        asked = false;
        open = false;
        dropped.clear();
    }

    /** A resynchronisation begins: from now on, until its end, what is missing is asked for. */
    void open() {
        open = true;
    }

    boolean isOpen() {
        return open;
    }

    /** An operation is about an object that is not here: it is dropped, for the object comes whole. */
    void drop(long id) {
        dropped.add(id);
        if (dropped.size() > MAX_DROPPED) {
            throw new ApplyFailure("more than " + MAX_DROPPED + " objects that the peer takes for known are not here");
        }
    }

    /** The object is made here. */
    void came(long id) {
        dropped.remove(id);
    }

    /** The object gets a name, and is about to be made without its content: that is known before it is made. */
    void need(long id) {
        Change change = new Change();
        change.markNew();
        journal.save(new ChangeStore.Update().change(id, Optional.of(change)));
        asked = true;
        ask.object(id);
    }

    /** Blocks of a file are other ones here. */
    void needBlocks(long id, long offset, long bits) {
        asked = true;
        ask.blocks(id, offset, bits);
    }

    /** Asks for what was dropped and never came; whether the source has to go on. */
    boolean end() {
        dropped.forEach(ask::object);
        boolean goesOn = asked || !dropped.isEmpty();
        asked = false;
        open &= goesOn;
        dropped.clear();
        return goesOn;
    }
}
