package io.gemel.engine.replication;

import io.gemel.engine.replication.ChangeStore.Header;
import io.gemel.engine.replication.ChangeStore.Saved;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a second tells the primary of its own {@link ChangeStore}, in pieces that make frames. Safe for concurrent use. */
public final class PeerChanges {

    /** Most bytes of a piece, but for one whose only change is longer. */
    private static final int PIECE_BYTES = 64 << 10;

    private static final int FIRST = 1;
    private static final int HAS_CONTENT = 4;
    private static final int LAST = 2;
    private static final int HEAD_BYTES = 3 * Long.BYTES + 2 * Integer.BYTES;

    private Header header = Header.NONE;
    private Map<Long, Change> changes = new HashMap<>();
    private boolean whole;
    private boolean hasContent;

    /**
     * What is to be said.
     *
     * @param hasContent whether the directories hold what was once the same at the peer
     * @return {@code u64 base, u64 born, u64 towards, u32 flags, u32 count}, then as many {@code u64 id, u32 length,
     *     change}, little endian
     */
    public static List<ByteBuffer> pieces(Saved saved, boolean hasContent) {
        int content = hasContent ? HAS_CONTENT : 0;
        List<ByteBuffer> pieces = new ArrayList<>();
        List<Map.Entry<Long, byte[]>> some = new ArrayList<>();
        int bytes = 0;
        for (Map.Entry<Long, Change> entry : saved.changes().entrySet()) {
            byte[] encoded = entry.getValue().encode();
            if (bytes > 0 && bytes + encoded.length > PIECE_BYTES) {
                pieces.add(piece(saved.header(), some, content | (pieces.isEmpty() ? FIRST : 0)));
                some.clear();
                bytes = 0;
            }
            some.add(Map.entry(entry.getKey(), encoded));
            bytes += Long.BYTES + Integer.BYTES + encoded.length;
        }
        pieces.add(piece(saved.header(), some, content | LAST | (pieces.isEmpty() ? FIRST : 0)));
        return pieces;
    }

    private static ByteBuffer piece(Header header, List<Map.Entry<Long, byte[]>> some, int flags) {
        int bytes = some.stream()
                .mapToInt(e -> Long.BYTES + Integer.BYTES + e.getValue().length)
                .sum();
        ByteBuffer into = ByteBuffer.allocate(HEAD_BYTES + bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        into.putLong(header.base())
                .putLong(header.born())
                .putLong(header.towards())
                .putInt(flags)
                .putInt(some.size());
        some.forEach(e -> into.putLong(e.getKey()).putInt(e.getValue().length).put(e.getValue()));
        return into.flip();
    }

    /** One piece came; one that makes no sense is an IllegalArgumentException. */
    public synchronized void add(ByteBuffer piece) {
        Header of = new Header(piece.getLong(), piece.getLong(), piece.getLong());
        int flags = piece.getInt();
        int count = piece.getInt();
        if ((flags & FIRST) != 0) {
            clear();
            header = of;
        }
        if (!header.equals(of) || whole) {
            throw new IllegalArgumentException("a piece of changes that belongs to no other");
        }
        for (int i = 0; i < count; i++) {
            long id = piece.getLong();
            int length = piece.getInt();
            if (length < 0 || length > piece.remaining()) {
                throw new IllegalArgumentException("a change of " + length + " bytes");
            }
            byte[] encoded = new byte[length];
            piece.get(encoded);
            changes.put(id, Change.decode(encoded));
            if (changes.size() > ChangeTracker.MAX_OBJECTS) {
                throw new IllegalArgumentException("more than " + ChangeTracker.MAX_OBJECTS + " changes");
            }
        }
        hasContent = (flags & HAS_CONTENT) != 0;
        whole = (flags & LAST) != 0;
    }

    /** The link is another one. */
    public synchronized void clear() {
        header = Header.NONE;
        changes = new HashMap<>();
        whole = false;
    }

    /** Whether the peer has content that was once the same as here, so that it is worth comparing. */
    public synchronized boolean hasContent() {
        return whole && hasContent;
    }

    /** All that the peer said, if that is whole. */
    public synchronized Optional<Saved> whole() {
        return whole ? Optional.of(new Saved(header, Map.copyOf(changes))) : Optional.empty();
    }
}
