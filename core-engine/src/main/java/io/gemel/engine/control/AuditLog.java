package io.gemel.engine.control;

import io.gemel.engine.journal.Records;
import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.wire.AuditChain;
import io.gemel.protocol.wire.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The audit log of a node. Family {@code audit}: {@code 'e' u64 number -> entry}, {@code 'a' -> the entry before the oldest},
 * {@code 'p' -> the peer's end as it told it}.
 *
 * <ol>
 *   <li>Numbers grow by one; each entry has the hash of the one before, see {@link AuditChain}.
 *   <li>There are {@link #MOST} at most. Of the oldest that goes number and hash stay, so that the chain still has a
 *       begin.
 *   <li>Where the log ended is told to the peer, which keeps it: an end that is cut off is noticed there.
 * </ol>
 */
final class AuditLog {

    /** Most entries that are kept. */
    static final int MOST = 100_000;

    private static final byte ENTRY = 'e';
    private static final byte[] ENTRIES = {ENTRY};
    private static final byte[] ANCHOR = {'a'};
    private static final byte[] PEER = {'p'};

    /**
     * The end of a log.
     *
     * @param number of its last entry, 0 when it has none
     * @param hash of that entry, empty when it has none
     */
    record Head(long number, String hash) {
        static final Head NONE = new Head(0, "");
    }

    /** What an entry says, without what the log adds. */
    record Note(AuditEntry.Kind kind, String who, String text, Optional<String> session, Optional<String> evidence) {
        static Note of(AuditEntry.Kind kind, String who, String text) {
            return new Note(kind, who, text, Optional.empty(), Optional.empty());
        }
    }

    private final Records records;
    private final String node;
    private final LongSupplier clockMs;
    private final int most;
    private Head head;

    AuditLog(Records records, String node, LongSupplier clockMs) {
        this(records, node, clockMs, MOST);
    }

    AuditLog(Records records, String node, LongSupplier clockMs, int most) {
        this.records = records;
        this.node = node;
        this.clockMs = clockMs;
        this.most = most;
        this.head = lastHead();
    }

    private Head lastHead() {
        Head anchor = read(ANCHOR);
        long[] last = {anchor.number()};
        String[] json = {""};
        records.forEach(ENTRIES, (key, value) -> {
            last[0] = ByteBuffer.wrap(key, 1, Long.BYTES).getLong();
            json[0] = new String(value, StandardCharsets.UTF_8);
        });
        return json[0].isEmpty() ? anchor : new Head(last[0], AuditChain.hash(json[0]));
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(ENTRY).putLong(number).array();
    }

    private Head read(byte[] key) {
        byte[] value = records.get(key);
        return value == null ? Head.NONE : Json.read(Head.class, new String(value, StandardCharsets.UTF_8));
    }

    private static byte[] bytes(Head head) {
        return Json.write(Head.class, head).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Adds an entry.
     *
     * @param durable whether it must be on the disk on return
     */
    synchronized void add(boolean durable, Note note) {
        long number = head.number() + 1;
        AuditEntry entry = new AuditEntry(
                number,
                clockMs.getAsLong(),
                node,
                note.kind(),
                note.who(),
                note.text(),
                note.session(),
                note.evidence(),
                head.hash());
        String json = Json.write(AuditEntry.class, entry);
        List<Records.Put> puts = new ArrayList<>();
        List<byte[]> gone = new ArrayList<>();
        puts.add(new Records.Put(key(number), json.getBytes(StandardCharsets.UTF_8)));
        long oldest = number - most;
        byte[] leaving = oldest > 0 ? records.get(key(oldest)) : null;
        if (leaving != null) {
            String left = new String(leaving, StandardCharsets.UTF_8);
            puts.add(new Records.Put(ANCHOR, bytes(new Head(oldest, AuditChain.hash(left)))));
            gone.add(key(oldest));
        }
        records.change(durable, puts, gone);
        head = new Head(number, AuditChain.hash(json));
    }

    /** Where it ends. */
    synchronized Head head() {
        return head;
    }

    /** Keeps where the peer's log ends. */
    void peerEndsAt(Head peer) {
        records.change(false, List.of(new Records.Put(PEER, bytes(peer))), List.of());
    }

    /** Where the peer's log ended when it told it last. */
    Head peerEnd() {
        return read(PEER);
    }

    /**
     * Entries as they are kept.
     *
     * @param after only those with a greater number, the oldest first; below 0: the newest
     * @param count at most so many
     */
    synchronized List<String> read(long after, int count) {
        long from = after < 0 ? head.number() - count : after;
        List<String> entries = new ArrayList<>();
        for (long number = Math.max(from, read(ANCHOR).number()) + 1;
                number <= head.number() && entries.size() < count;
                number++) {
            byte[] value = records.get(key(number));
            if (value != null) {
                entries.add(new String(value, StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    /**
     * Reads all of it.
     *
     * @param known an end that this log once had, as the peer kept it
     * @return what is wrong with it, if anything
     */
    synchronized Optional<String> verify(Supplier<Head> known) {
        Head anchor = read(ANCHOR);
        AuditChain chain = new AuditChain(anchor.number(), anchor.hash());
        Head end = known.get();
        List<String> wrong = new ArrayList<>();
        boolean[] met = {end.number() <= anchor.number()};
        records.forEach(ENTRIES, (key, value) -> {
            if (wrong.isEmpty()) {
                chain.next(new String(value, StandardCharsets.UTF_8)).ifPresent(wrong::add);
                if (chain.number() == end.number()) {
                    met[0] = chain.hash().equals(end.hash());
                }
            }
        });
        if (wrong.isEmpty() && (chain.number() != head.number() || !chain.hash().equals(head.hash()))) {
            wrong.add("it ends at entry " + chain.number() + ", not at " + head.number());
        }
        if (wrong.isEmpty() && !met[0]) {
            wrong.add("the peer knows an entry " + end.number() + " of it that is not in it");
        }
        return wrong.stream().findFirst();
    }
}
