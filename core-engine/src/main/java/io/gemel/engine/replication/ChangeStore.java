package io.gemel.engine.replication;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a node remembers, over its own death and loss of power, of where its copy of a module may differ from the peer's.
 * Invariants:
 *
 * <ol>
 *   <li>With a base, this copy and that of a peer with the same base differ only in what both nodes remember, and in
 *       objects whose identity is not below the lower of both marks.
 *   <li>It is remembered before it is changed on the local disk, and forgotten only once it is durable on both nodes.
 *   <li>Without a base nothing is known.
 * </ol>
 */
public interface ChangeStore {

    /** Stands for no base. */
    long NO_BASE = 0;

    /** A mark above every identity: this node has given none since the base. */
    long NOTHING_BORN = Long.MAX_VALUE;

    /**
     * From where changes are counted.
     *
     * @param base the generation of the module's data that both nodes had, or {@link #NO_BASE}
     * @param born the identities from this one on were given since: all of what they stand for may differ
     * @param towards the generation that a resynchronisation was to bring to the peer, which may have ended there; or
     *     {@link #NO_BASE}
     */
    record Header(long base, long born, long towards) {
        /** Nothing is known. */
        public static final Header NONE = new Header(NO_BASE, NOTHING_BORN, NO_BASE);

        /** This node's copy is whole, of this generation, and as the peer had it. */
        public static Header identical(long base) {
            return new Header(base, NOTHING_BORN, NO_BASE);
        }

        Header bornFrom(long mark) {
            return new Header(base, mark, towards);
        }

        public boolean known() {
            return base != NO_BASE;
        }
    }

    /** What was remembered when the store was opened. */
    record Saved(Header header, Map<Long, Change> changes) {}

    /**
     * Something that is about to change, noted coarsely.
     *
     * @param id the object
     * @param zone which 4 MiB of the file, or one of the constants
     * @param value bytes that are kept, of {@link #SIZE}
     */
    record Intent(long id, long zone, long value) {
        /** The names in a directory. */
        public static final long ENTRIES = -1;

        /** Attributes of the {@value #GROUP} objects whose identities are next to each other from this one on. */
        public static final long ATTRIBUTES = -2;

        /** All content. */
        public static final long WHOLE = -3;

        /** Content beyond a size. */
        public static final long SIZE = -4;

        /** An object that the peer may not keep. */
        public static final long NEW = -5;

        /** Objects that share an intent for their attributes. */
        public static final long GROUP = 64;
    }

    /** What is to be remembered and forgotten, all at once or not at all. */
    final class Update {
        private Optional<Header> header = Optional.empty();
        private boolean forgetsAll;
        private final Map<Long, byte[]> changes = new HashMap<>();
        private final List<Intent> intents = new ArrayList<>();
        private final List<Intent> ended = new ArrayList<>();

        public Update header(Header value) {
            header = Optional.of(value);
            return this;
        }

        /** First of all every change and intent is forgotten. */
        public Update forgetAll() {
            forgetsAll = true;
            return this;
        }

        /** The object's change is this one; nothing: it has none. */
        public Update change(long id, Optional<Change> change) {
            changes.put(id, change.map(Change::encode).orElse(new byte[0]));
            return this;
        }

        public Update intend(List<Intent> some) {
            intents.addAll(some);
            return this;
        }

        public Update end(List<Intent> some) {
            ended.addAll(some);
            return this;
        }

        public Optional<Header> header() {
            return header;
        }

        public boolean forgetsAll() {
            return forgetsAll;
        }

        /** Encoded; an empty one is to be forgotten. */
        public Map<Long, byte[]> changes() {
            return changes;
        }

        public List<Intent> intents() {
            return intents;
        }

        public List<Intent> ended() {
            return ended;
        }

        public boolean isEmpty() {
            return header.isEmpty() && !forgetsAll && changes.isEmpty() && intents.isEmpty() && ended.isEmpty();
        }
    }

    /** What is remembered. */
    Saved load();

    /** Makes all durable that the same journal was told before. */
    void flush();

    /** Remembers and forgets; durable when it returns, with everything that the same journal was told before. */
    void save(Update update);
}
