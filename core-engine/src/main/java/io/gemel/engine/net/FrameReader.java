package io.gemel.engine.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Cuts a byte stream into frames ({@link NodeLink}) and hands each over as soon as it is whole.
 *
 * <ol>
 *   <li>No byte of a frame is handed over before the whole frame is there.
 *   <li>A header that is out of bounds ends the stream: after it there is no way to know where the next frame starts.
 *   <li>The buffer holds the largest frame and one read more, and never grows.
 * </ol>
 */
final class FrameReader {

    /** Where bytes come from. */
    interface Source {

        /** Appends at least one byte and returns how many, or -1 at the end; see {@link Wire#read}. */
        int read(ByteBuffer target) throws IOException;

        /** Whether {@link #read} would return without waiting. */
        boolean hasInput();
    }

    /** Where frames go; see {@link LinkHandler}. */
    interface Sink {
        void onFrame(byte kind, ByteBuffer body);

        void onDrained();
    }

    private static final int READ_AHEAD_BYTES = 256 << 10;
    static final int CAPACITY_BYTES = NodeLink.HEADER_BYTES + NodeLink.MAX_BODY_BYTES + READ_AHEAD_BYTES;

    private final ByteBuffer buffer;
    private final Source source;
    private final Sink sink;
    /** First byte that was not handed over; the buffer's position is the end of what was read. */
    private int start;

    FrameReader(Source source, Sink sink) {
        this(source, sink, ByteBuffer.allocateDirect(CAPACITY_BYTES));
    }

    /** One that reads into an empty buffer of {@link #CAPACITY_BYTES}. */
    FrameReader(Source source, Sink sink, ByteBuffer buffer) {
        this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
        this.source = source;
        this.sink = sink;
    }

    /** Reads until the stream ends, which is always an exception. */
    void run() throws IOException {
        boolean handedOver = false;
        while (true) {
            handedOver |= handOver();
            if (handedOver && !source.hasInput()) {
                sink.onDrained();
                handedOver = false;
            }
            makeRoom();
            if (source.read(buffer) < 0) {
                throw new EOFException("the stream ended");
            }
        }
    }

    /** Hands over every whole frame; whether there was one that the handler cares about. */
    private boolean handOver() throws BadFrameException {
        boolean any = false;
        while (buffer.position() - start >= NodeLink.HEADER_BYTES) {
            int bodyBytes = checkedBodyBytes(buffer, start);
            int end = start + NodeLink.HEADER_BYTES + bodyBytes;
            if (buffer.position() < end) {
                break;
            }
            byte kind = buffer.get(start + Integer.BYTES);
            if (kind != NodeLink.KIND_KEEPALIVE) {
                ByteBuffer body = buffer.slice(start + NodeLink.HEADER_BYTES, bodyBytes);
                sink.onFrame(kind, body.order(ByteOrder.LITTLE_ENDIAN));
                any = true;
            }
            start = end;
        }
        return any;
    }

    private void makeRoom() {
        if (start == buffer.position()) {
            buffer.clear();
            start = 0;
        } else if (buffer.remaining() < Wire.MIN_READ_BYTES || buffer.capacity() - start < neededBytes()) {
            buffer.limit(buffer.position()).position(start);
            buffer.compact();
            start = 0;
        }
    }

    /** Bytes of the frame that is only partly there, as far as they are known. */
    private int neededBytes() {
        if (buffer.position() - start < NodeLink.HEADER_BYTES) {
            return NodeLink.HEADER_BYTES;
        }
        return NodeLink.HEADER_BYTES + buffer.getInt(start) + Wire.MIN_READ_BYTES;
    }

    /** Length of the body whose header stands at this place of a little-endian buffer, after checking the header. */
    static int checkedBodyBytes(ByteBuffer frames, int at) throws BadFrameException {
        int bodyBytes = frames.getInt(at);
        byte version = frames.get(at + 5);
        if (version != NodeLink.FRAME_VERSION) {
            throw new BadFrameException("a frame of version %d came, this node speaks version %d"
                    .formatted(Byte.toUnsignedInt(version), NodeLink.FRAME_VERSION));
        }
        if (bodyBytes < 0 || bodyBytes > NodeLink.MAX_BODY_BYTES) {
            throw new BadFrameException("a frame of %d bytes came, at most %d are allowed"
                    .formatted(Integer.toUnsignedLong(bodyBytes), NodeLink.MAX_BODY_BYTES));
        }
        if (frames.getShort(at + 6) != 0) {
            throw new BadFrameException("a frame came whose header is not a header");
        }
        return bodyBytes;
    }

    /** The stream is not one of frames. */
    static final class BadFrameException extends IOException {

        private static final long serialVersionUID = 1L;

        BadFrameException(String message) {
            super(message);
        }
    }
}
