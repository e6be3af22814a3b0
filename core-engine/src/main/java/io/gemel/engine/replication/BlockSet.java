package io.gemel.engine.replication;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Blocks of one file, as a sparse bitmap: sixteen bytes for each zone of {@value #ZONE_BLOCKS} neighbours of which one is
 * there. Bounded; not safe for concurrent use.
 */
final class BlockSet {

    static final int BLOCK_BYTES = 64 << 10;

    /** Blocks that share one word. */
    static final int ZONE_BLOCKS = Long.SIZE;

    /** Bytes that a zone spans. */
    static final long ZONE_BYTES = (long) ZONE_BLOCKS * BLOCK_BYTES;

    /** Most zones: 64 GiB that are touched everywhere, half a mebibyte of memory. */
    static final int MAX_ZONES = 16_384;

    private static final int FIRST_SLOTS = 4;
    private static final long FREE = -1;

    private long[] zones = freeSlots(FIRST_SLOTS);
    private long[] words = new long[FIRST_SLOTS];
    private int used;

    private static long[] freeSlots(int count) {
        long[] slots = new long[count];
        Arrays.fill(slots, FREE);
        return slots;
    }

    /** Adds the blocks that hold these bytes; false when they are too many, and then the set is no longer right. */
    boolean addBytes(long offset, long length) {
        if (length <= 0) {
            return true;
        }
        long first = offset / BLOCK_BYTES;
        long last = (offset + length - 1) / BLOCK_BYTES;
        if (offset < 0 || last < first || last / ZONE_BLOCKS - first / ZONE_BLOCKS >= MAX_ZONES) {
            return false;
        }
        for (long zone = first / ZONE_BLOCKS; zone <= last / ZONE_BLOCKS; zone++) {
            long from = Math.max(first, zone * ZONE_BLOCKS) % ZONE_BLOCKS;
            long to = Math.min(last, zone * ZONE_BLOCKS + ZONE_BLOCKS - 1) % ZONE_BLOCKS;
            if (!addWord(zone, (-1L << from) & (-1L >>> (ZONE_BLOCKS - 1 - to)))) {
                return false;
            }
        }
        return true;
    }

    /** Adds all of another set; false as in {@link #addBytes}. */
    boolean addAll(BlockSet other) {
        for (int i = 0; i < other.zones.length; i++) {
            if (other.zones[i] != FREE && !addWord(other.zones[i], other.words[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean addWord(long zone, long bits) {
        int slot = slotOf(zone);
        if (zones[slot] == FREE) {
            if (used == MAX_ZONES) {
                return false;
            }
            if ((used + 1) * 2 > zones.length) {
                grow();
                slot = slotOf(zone);
            }
            zones[slot] = zone;
            used++;
        }
        words[slot] |= bits;
        return true;
    }

    /** Where the zone is, or the free slot where it belongs. */
    private int slotOf(long zone) {
        int slot = (int) ((zone * 0x9E37_79B9_7F4A_7C15L) >>> 32) & (zones.length - 1);
        while (zones[slot] != FREE && zones[slot] != zone) {
            slot = (slot + 1) & (zones.length - 1);
        }
        return slot;
    }

    private void grow() {
        long[] oldZones = zones;
        long[] oldWords = words;
        zones = freeSlots(oldZones.length * 2);
        words = new long[zones.length];
        for (int i = 0; i < oldZones.length; i++) {
            if (oldZones[i] != FREE) {
                int slot = slotOf(oldZones[i]);
                zones[slot] = oldZones[i];
                words[slot] = oldWords[i];
            }
        }
    }

    /** Adds every block of a zone; false as in {@link #addBytes}. */
    boolean addZone(long zone) {
        return addWord(zone, -1L);
    }

    /** Calls back for every zone of which some block is there. */
    void forEachZone(LongConsumer action) {
        for (long zone : zones) {
            if (zone != FREE) {
                action.accept(zone);
            }
        }
    }

    /** Bytes of all its blocks. */
    long bytes() {
        long blocks = 0;
        for (int i = 0; i < zones.length; i++) {
            blocks += zones[i] == FREE ? 0 : Long.bitCount(words[i]);
        }
        return blocks * BLOCK_BYTES;
    }

    /** Bytes that {@link #encode} writes. */
    int encodedBytes() {
        return Integer.BYTES + used * 2 * Long.BYTES;
    }

    /** {@code u32 count}, then as many {@code u64 zone, u64 bits}. */
    void encode(ByteBuffer into) {
        into.putInt(used);
        for (int i = 0; i < zones.length; i++) {
            if (zones[i] != FREE) {
                into.putLong(zones[i]).putLong(words[i]);
            }
        }
    }

    /** Adds what {@link #encode} wrote; false as in {@link #addBytes}. */
    boolean addEncoded(ByteBuffer from) {
        boolean fits = true;
        for (int i = from.getInt(); i > 0; i--) {
            long zone = from.getLong();
            long bits = from.getLong();
            if (zone < 0) {
                throw new IllegalArgumentException("a zone " + zone);
            }
            fits = addWord(zone, bits) && fits;
        }
        return fits;
    }

    /** The blocks as ranges of bytes, in order, neighbours joined: begin and end of each, one after the other. */
    long[] ranges() {
        long[] sorted =
                Arrays.stream(zones).filter(zone -> zone != FREE).sorted().toArray();
        long[] ranges = new long[16];
        int count = 0;
        for (long zone : sorted) {
            long word = words[slotOf(zone)];
            for (int bit = 0; bit < ZONE_BLOCKS; bit++) {
                if ((word & (1L << bit)) == 0) {
                    continue;
                }
                long begin = (zone * ZONE_BLOCKS + bit) * BLOCK_BYTES;
                if (count > 0 && ranges[count - 1] == begin) {
                    ranges[count - 1] = begin + BLOCK_BYTES;
                } else {
                    ranges = count == ranges.length ? Arrays.copyOf(ranges, count * 2) : ranges;
                    ranges[count++] = begin;
                    ranges[count++] = begin + BLOCK_BYTES;
                }
            }
        }
        return Arrays.copyOf(ranges, count);
    }
}
