package io.gemel.protocol.wire;

import io.gemel.protocol.model.RefusalReason;

/** Why a frame is refused, in the same words on both sides. */
final class SessionReader {

    private static final String CONNECT_AGAIN = "connect again; if it stays so, somebody changes what is sent";

    private SessionReader() {}

    /** As {@link Frame#decode}, with a reason. */
    static Frame decode(byte[] bytes) {
        try {
            return Frame.decode(bytes);
        } catch (WireException e) {
            throw new RefusedException(RefusalReason.BAD_FRAME, e.getMessage(), "use a client of the node's version");
        }
    }

    static RefusedException badSignature(Frame frame) {
        return new RefusedException(
                RefusalReason.BAD_SIGNATURE,
                frame.type() + " " + frame.sequence() + " is not signed by its sender for this session",
                CONNECT_AGAIN);
    }

    static RefusedException badSequence(Frame frame, long expected) {
        return new RefusedException(
                RefusalReason.BAD_SEQUENCE,
                frame.type() + " has number " + frame.sequence() + " in the session, expected " + expected
                        + (frame.sequence() < expected ? ": it was there before" : ": something is missing"),
                CONNECT_AGAIN);
    }
}
