package io.gemel.engine.fs;

import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.ResidentBuffer;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;

/** Builds one frame of the replication stream at a time, in resident memory; see {@link StreamFormat}. */
final class FrameWriter {

    /** Room for the largest frame that is not a WRITE: a 64 KiB extended attribute, or a batch of entries. */
    static final int BYTES = 160 * 1024;

    private final ResidentBuffer buffer = new ResidentBuffer(BYTES);
    private final long memory = buffer.address();
    private final ByteBuffer view = Memory.view(memory, BYTES);
    private long at;

    FrameWriter begin(byte kind, long id) {
        header(memory, kind);
        Memory.putLong(memory + StreamFormat.ID_AT, id);
        at = memory + StreamFormat.FIELDS_AT;
        return this;
    }

    private static void header(long frame, byte kind) {
        Memory.putByte(frame + 4, kind);
        Memory.putByte(frame + 5, NodeLink.FRAME_VERSION);
        Memory.putShort(frame + 6, (short) 0);
    }

    /** Writes the header of a WRITE frame just before its payload, wherever that lies. */
    static void writeHeader(long payload, int bytes, long id, long offset) {
        long frame = payload - StreamFormat.WRITE_HEADER_BYTES;
        Memory.putInt(frame, StreamFormat.WRITE_HEADER_BYTES - NodeLink.HEADER_BYTES + bytes);
        header(frame, StreamFormat.WRITE);
        Memory.putLong(frame + StreamFormat.ID_AT, id);
        Memory.putLong(frame + StreamFormat.FIELDS_AT, offset);
    }

    FrameWriter u64(long value) {
        Memory.putLong(at, value);
        at += 8;
        return this;
    }

    FrameWriter u32(int value) {
        Memory.putInt(at, value);
        at += 4;
        return this;
    }

    /** The modification time of a file. */
    FrameWriter time(FileStatus status) {
        return u64(status.modifySeconds).u32(status.modifyNanos);
    }

    /** Mode, owner, group and modification time. */
    FrameWriter attributes(FileStatus status) {
        return u32(status.mode).u32(status.uid).u32(status.gid).time(status);
    }

    /** A NUL-terminated name, or none for address 0. */
    FrameWriter name(long name) {
        int length = name == 0 ? 0 : Memory.stringLength(name);
        Memory.putShort(at, (short) length);
        Memory.copy(name == 0 ? at : name, at + 2, length);
        Memory.putByte(at + 2 + length, (byte) 0);
        at += 3 + length;
        return this;
    }

    /** {@code u32 length} and the bytes. */
    FrameWriter bytes(long from, int length) {
        u32(length);
        Memory.copy(from, at, length);
        at += length;
        return this;
    }

    /** The first bytes of an array. */
    FrameWriter raw(byte[] from, int length) {
        for (int i = 0; i < length; i++) {
            Memory.putByte(at + i, from[i]);
        }
        at += length;
        return this;
    }

    /** Bytes that still fit. */
    int room() {
        return (int) (memory + BYTES - at);
    }

    /** Where the next field goes. */
    long position() {
        return at;
    }

    /** Overwrites a field written before. */
    void patch32(long position, int value) {
        Memory.putInt(position, value);
    }

    /** The whole frame; the same buffer each time. */
    ByteBuffer end() {
        int length = (int) (at - memory);
        Memory.putInt(memory, length - NodeLink.HEADER_BYTES);
        return view.limit(length).position(0);
    }

    void free() {
        buffer.close();
    }
}
