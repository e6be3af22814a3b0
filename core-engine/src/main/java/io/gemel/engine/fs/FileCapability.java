package io.gemel.engine.fs;

import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.os.ResidentBuffer;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The attribute {@code security.capability} of a program. Linux takes it away at every change of content by a call, but
 * not at a store through a mapping, nor may a copy's own writes take it.
 */
final class FileCapability {

    /** Largest value of Linux is 24 bytes ({@code XATTR_CAPS_SZ_3}). */
    private static final int VALUE_BYTES = 64;

    private static final long NAME = name();

    private final ResidentBuffer buffer = new ResidentBuffer(Memory.PAGE_BYTES);
    private final long value = buffer.address();
    private int bytes;

    private static long name() {
        byte[] text = "security.capability".getBytes(StandardCharsets.US_ASCII);
        long address = Memory.allocateResident(Memory.PAGE_BYTES);
        Memory.copy(text, address);
        Memory.putByte(address + text.length, (byte) 0);
        return address;
    }

    void free() {
        buffer.close();
    }

    /** Remembers the file's capability; whether it has one. */
    boolean read(int fd) {
        bytes = (int) Posix.getxattr(fd, NAME, value, VALUE_BYTES);
        return bytes >= 0;
    }

    /** Gives the file what {@link #read} remembered. */
    void restore(int fd) {
        Posix.setxattr(fd, NAME, value, bytes, 0);
    }

    /** What gives the file of the peer the same. */
    ByteBuffer frame(FrameWriter frame, Inode inode, int mode) {
        return frame.begin(StreamFormat.SET_XATTR, inode.id)
                .u32(mode)
                .name(NAME)
                .bytes(value, bytes)
                .end();
    }
}
