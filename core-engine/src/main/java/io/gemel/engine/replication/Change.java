package io.gemel.engine.replication;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * What changed of one object and is not known to be on the peer. That there is a change at all means that the attributes
 * may have: they are small and always sent. Changed only under the lock of its {@link ChangeTracker}, and no more once it
 * was taken out of it.
 */
public final class Change {

    private static final long[] NO_RANGES = {};

    private static final int IS_NEW = 1;
    private static final int HAS_ENTRIES = 2;
    private static final int IS_WHOLE = 4;
    private static final int HAS_BLOCKS = 8;
    private static final int IS_COARSE = 16;
    private static final int FIXED_BYTES = Integer.BYTES + Long.BYTES;

    private boolean isNew;
    private boolean entries;
    private boolean whole;

    /** Whether content is marked that may not have changed. */
    private boolean coarse;

    /** The smallest size that the file had meanwhile: what lay behind it is gone, whatever is there now. */
    private long keptBytes = Long.MAX_VALUE;

    private BlockSet blocks;

    /** Whether the peer may not have the object. */
    public boolean isNew() {
        return isNew;
    }

    /** Whether the entries of the directory changed. */
    public boolean hasEntries() {
        return entries;
    }

    /** Whether nothing of the content that the peer has can be trusted. */
    public boolean isWhole() {
        return whole;
    }

    /** Whether more content is marked than changed: it was only about to, before the node that noted it died. */
    public boolean isCoarse() {
        return coarse;
    }

    /** Bytes at the beginning of the file beyond which everything the peer has is gone; or Long.MAX_VALUE. */
    public long keptBytes() {
        return whole ? 0 : keptBytes;
    }

    /** Changed ranges of bytes: begin and end of each, one after the other, in order; some may lie behind the file's end. */
    public long[] ranges() {
        if (whole) {
            return new long[] {0, Long.MAX_VALUE};
        }
        return blocks == null ? NO_RANGES : blocks.ranges();
    }

    /** Bytes of the blocks that changed; 0 where that is not known block by block, see {@link #isWhole}. */
    long blockBytes() {
        return blocks == null ? 0 : blocks.bytes();
    }

    /** As {@link #ranges}, with everything that lay behind the smallest size: what may differ, for who compares it. */
    public long[] rangesToCompare() {
        long kept = keptBytes() / BlockSet.BLOCK_BYTES * BlockSet.BLOCK_BYTES;
        if (keptBytes() == Long.MAX_VALUE) {
            return ranges();
        }
        LongStream.Builder before = LongStream.builder();
        long[] ranges = ranges();
        for (int i = 0; i < ranges.length && ranges[i] < kept; i += 2) {
            before.add(ranges[i]).add(Math.min(ranges[i + 1], kept));
        }
        return before.add(kept).add(Long.MAX_VALUE).build().toArray();
    }

    /** All of it is new to the peer, whatever it is. */
    public void markNew() {
        isNew = true;
        markWhole();
    }

    void markEntries() {
        entries = true;
    }

    void markWhole() {
        whole = true;
        blocks = null;
    }

    void markData(long offset, long length) {
        if (whole) {
            return;
        }
        if (blocks == null) {
            blocks = new BlockSet();
        }
        if (!blocks.addBytes(offset, length)) {
            markWhole();
        }
    }

    void markZone(long zone) {
        if (!whole) {
            if (blocks == null) {
                blocks = new BlockSet();
            }
            if (!blocks.addZone(zone)) {
                markWhole();
            }
        }
    }

    /** Calls back for every zone of which blocks changed; not for what is changed as a whole. */
    void forEachZone(LongConsumer action) {
        if (blocks != null) {
            blocks.forEachZone(action);
        }
    }

    /** Takes in what was about to change. */
    public void add(ChangeStore.Intent intent) {
        coarse |= intent.zone() != ChangeStore.Intent.ENTRIES;
        if (intent.zone() >= 0) {
            markZone(intent.zone());
        } else if (intent.zone() == ChangeStore.Intent.ENTRIES) {
            markEntries();
        } else if (intent.zone() == ChangeStore.Intent.WHOLE) {
            markWhole();
        } else if (intent.zone() == ChangeStore.Intent.SIZE) {
            markSize(intent.value());
        } else if (intent.zone() == ChangeStore.Intent.NEW) {
            markNew();
        }
    }

    void markSize(long size) {
        keptBytes = Math.min(keptBytes, size);
    }

    /** Takes in what another generation knows of the same object. */
    void merge(Change other) {
        isNew |= other.isNew;
        entries |= other.entries;
        coarse |= other.coarse;
        keptBytes = Math.min(keptBytes, other.keptBytes);
        if (other.whole) {
            markWhole();
        } else if (!whole && other.blocks != null) {
            if (blocks == null) {
                blocks = new BlockSet();
            }
            if (!blocks.addAll(other.blocks)) {
                markWhole();
            }
        }
    }

    /** {@code u32 flags, u64 kept bytes}, and where the flags say so the blocks. */
    public byte[] encode() {
        int flags = (isNew ? IS_NEW : 0)
                | (entries ? HAS_ENTRIES : 0)
                | (whole ? IS_WHOLE : 0)
                | (coarse ? IS_COARSE : 0)
                | (blocks != null ? HAS_BLOCKS : 0);
        ByteBuffer into = ByteBuffer.allocate(FIXED_BYTES + (blocks == null ? 0 : blocks.encodedBytes()));
        into.putInt(flags).putLong(keptBytes);
        if (blocks != null) {
            blocks.encode(into);
        }
        return into.array();
    }

    /** Reads what {@link #encode} wrote; anything else is an IllegalArgumentException. */
    public static Change decode(byte[] encoded) {
        try {
            ByteBuffer from = ByteBuffer.wrap(encoded);
            int flags = from.getInt();
            Change change = new Change();
            change.isNew = (flags & IS_NEW) != 0;
            change.entries = (flags & HAS_ENTRIES) != 0;
            change.coarse = (flags & IS_COARSE) != 0;
            change.keptBytes = from.getLong();
            if ((flags & HAS_BLOCKS) != 0) {
                change.blocks = new BlockSet();
                if (!change.blocks.addEncoded(from)) {
                    change.markWhole();
                }
            }
            if ((flags & IS_WHOLE) != 0) {
                change.markWhole();
            }
            if (from.hasRemaining() || change.keptBytes < 0 || flags >= IS_COARSE << 1) {
                throw new IllegalArgumentException("a change of " + encoded.length + " bytes with flags " + flags);
            }
            return change;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a change that is cut short, at " + encoded.length + " bytes", e);
        }
    }
}
