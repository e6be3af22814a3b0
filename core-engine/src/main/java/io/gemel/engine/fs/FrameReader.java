package io.gemel.engine.fs;

import io.gemel.engine.os.Memory;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;

/**
 * Takes the body of one operation's frame apart, in place; see {@link StreamFormat}.
 * Every method throws an IllegalArgumentException when the frame is shorter than its fields.
 */
final class FrameReader {

    private static final int SEQUENCE_BYTES = 8;

    private long at;
    private long end;
    private long sequence;
    private boolean awaited;
    private long id;

    /** Begins with a body: sequence number and identity are read. */
    void begin(ByteBuffer body) {
        at = Memory.addressOf(body) + body.position();
        end = at + body.remaining();
        long numbered = u64();
        sequence = numbered & ~StreamFormat.NOBODY_WAITS;
        awaited = sequence == numbered;
        id = u64();
    }

    long sequence() {
        return sequence;
    }

    /** Whether somebody waits for the acknowledgement of the operation. */
    boolean awaited() {
        return awaited;
    }

    long id() {
        return id;
    }

    private long take(long bytes) {
        if (bytes < 0 || bytes > end - at) {
            throw new IllegalArgumentException("operation " + sequence + " is cut short");
        }
        long here = at;
        at += bytes;
        return here;
    }

    long u64() {
        return Memory.getLong(take(SEQUENCE_BYTES));
    }

    int u32() {
        return Memory.getInt(take(4));
    }

    /** Address of a NUL-terminated name; {@link #NO_NAME} when it is empty. */
    long name() {
        int length = Memory.getShort(take(2)) & 0xffff;
        long name = take(length + 1L);
        if (Memory.getByte(name + length) != 0 || Memory.stringLength(name) != length) {
            throw new IllegalArgumentException("operation " + sequence + " holds a name that is none");
        }
        return length == 0 ? NO_NAME : name;
    }

    static final long NO_NAME = 0;

    /** Address of the next bytes. */
    long bytes(int length) {
        return take(length);
    }

    /** Bytes that are left. */
    int remaining() {
        return (int) (end - at);
    }

    /** Address of the next field. */
    long position() {
        return at;
    }

    /** Attributes as the source has them. */
    record Attributes(int mode, int uid, int gid, long modifySeconds, int modifyNanos) {}

    Attributes attributes() {
        return new Attributes(u32(), u32(), u32(), u64(), u32());
    }

    /** A time of modification. */
    record Time(long seconds, int nanos) {}

    Time time() {
        return new Time(u64(), u32());
    }
}
