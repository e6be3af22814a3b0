package io.gemel.engine.simulator;

import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What goes over the simulated link. An operation has the real stream's header, for the stream writes into it, and fields of
 * its own; an answer has a sequence number and an epoch.
 *
 * @param kind of {@link StreamFormat}
 * @param body from position to limit, without the link's header
 */
record Frame(byte kind, ByteBuffer body) {

    private static final int LINK_HEADER_BYTES = 8;
    private static final int KIND_AT = 4;
    private static final int FIELDS = 3;

    /** An operation on an object, ready for the stream. */
    static ByteBuffer operation(byte kind, long id, long... fields) {
        int bytes = StreamFormat.FIELDS_AT + FIELDS * Long.BYTES;
        ByteBuffer frame = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        frame.put(KIND_AT, kind).putLong(StreamFormat.ID_AT, id);
        for (int i = 0; i < fields.length; i++) {
            frame.putLong(StreamFormat.FIELDS_AT + i * Long.BYTES, fields[i]);
        }
        return frame;
    }

    /** As it is sent: a copy, for the stream's frame is the sender's. */
    static Frame of(ByteBuffer operation) {
        ByteBuffer copy = ByteBuffer.allocate(operation.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(operation.duplicate()).flip();
        return new Frame(copy.get(KIND_AT), copy.position(LINK_HEADER_BYTES));
    }

    static Frame answer(byte kind, int epoch, long sequence) {
        ByteBuffer body = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new Frame(kind, body.putLong(sequence).putLong(epoch).flip());
    }

    /** Its number, and whether nobody waits for its acknowledgement; of an answer, the number that it is about. */
    long sequence() {
        return body.getLong(body.position()) & ~StreamFormat.NOBODY_WAITS;
    }

    /** The object; of a beginning, the epoch. */
    long id() {
        return body.getLong(StreamFormat.ID_AT);
    }

    int epoch() {
        return (int) body.getLong(body.position() + Long.BYTES);
    }

    long field(int index) {
        return body.getLong(StreamFormat.FIELDS_AT + index * Long.BYTES);
    }

    boolean isAnswer() {
        return kind >= StreamFormat.ACKNOWLEDGE;
    }
}
