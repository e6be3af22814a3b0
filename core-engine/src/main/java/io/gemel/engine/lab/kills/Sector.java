package io.gemel.engine.lab.kills;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The smallest part of a slot that says of itself what it is: file, slot, place in the slot and version, with a checksum
 * over all of it. As long as a disk's sector, so that what a power cut tears is still whole pieces.
 */
final class Sector {

    static final int BYTES = 512;

    /** What a sector that was never written says: all zeros. */
    static final long NEVER = 0;

    /** What is not a sector of that slot at all. */
    static final long TORN = -1;

    private static final int MAGIC = 0x474d4c4b;
    private static final int CHECKSUM_AT = BYTES - Integer.BYTES;
    private static final int VERSION_AT = 16;
    private static final int FILLER_AT = 24;

    private Sector() {}

    /** Puts a whole slot of a version into a buffer, from position 0. */
    static void fill(ByteBuffer slotBuffer, int slotBytes, int file, int slot, long version) {
        for (int at = 0; at < slotBytes; at += BYTES) {
            write(slotBuffer, at, file, slot, version);
        }
        slotBuffer.position(0).limit(slotBytes);
    }

    private static void write(ByteBuffer buffer, int at, int file, int slot, long version) {
        buffer.limit(at + BYTES);
        if (version == NEVER) {
            for (int i = at; i < at + BYTES; i += Long.BYTES) {
                buffer.putLong(i, 0);
            }
            return;
        }
        buffer.putInt(at, MAGIC);
        buffer.putInt(at + 4, file);
        buffer.putInt(at + 8, slot);
        buffer.putInt(at + 12, at);
        buffer.putLong(at + VERSION_AT, version);
        long filler = version * 0x9E3779B97F4A7C15L + slot * 31L + at;
        for (int i = at + FILLER_AT; i < at + CHECKSUM_AT; i += Integer.BYTES) {
            filler = filler * 6364136223846793005L + 1442695040888963407L;
            buffer.putInt(i, (int) (filler >>> 32));
        }
        buffer.putInt(at + CHECKSUM_AT, checksum(buffer, at));
    }

    private static int checksum(ByteBuffer buffer, int at) {
        CRC32C checksum = new CRC32C();
        checksum.update(buffer.duplicate().position(at).limit(at + CHECKSUM_AT));
        return (int) checksum.getValue();
    }

    /** The version of the sector at a place of a slot, {@link #NEVER} or {@link #TORN}. */
    static long version(ByteBuffer buffer, int at, int file, int slot) {
        if (buffer.getInt(at) == MAGIC
                && buffer.getInt(at + 4) == file
                && buffer.getInt(at + 8) == slot
                && buffer.getInt(at + 12) == at
                && buffer.getInt(at + CHECKSUM_AT) == checksum(buffer, at)) {
            return buffer.getLong(at + VERSION_AT);
        }
        for (int i = at; i < at + BYTES; i += Long.BYTES) {
            if (buffer.getLong(i) != 0) {
                return TORN;
            }
        }
        return NEVER;
    }
}
