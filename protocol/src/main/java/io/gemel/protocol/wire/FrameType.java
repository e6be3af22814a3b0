package io.gemel.protocol.wire;

/** What a frame is. */
public enum FrameType {
    /** Node: who it is, a nonce, its versions. Not signed: what follows signs it. */
    HELLO(1),
    /** Device: who it is and that it holds its key. */
    LOGIN(2),
    /** Node: the session stands. */
    WELCOME(3),
    /** Node: there will be no session; the connection ends. */
    REFUSED(4),
    /** A new device: proves that it read a pairing offer. */
    PAIR(5),
    /** Node: the secret was right; what the six digits are worked out from. */
    PAIR_ANSWER(6),
    /** Node: a person confirmed; the device may log in. */
    PAIRED(7),
    /** A server that wants to become a node: as PAIR, with its addresses. */
    JOIN(8),
    /** Node: a person confirmed; the configuration that the new node needs. */
    JOINED(9),
    /** Device: send states and events from now on. */
    SUBSCRIBE(16),
    /** Device: a command. */
    COMMAND(17),
    /** Device: a question that has one answer. */
    REQUEST(18),
    /** Node: a state or an event, signed by the node that it is about. */
    STATEMENT(32),
    /** Node: what became of a command so far. */
    UPDATE(33),
    /** Node: the answer to a question. */
    ANSWER(34),
    /** Node: the session ends, and why. */
    CLOSED(35);

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    /** The octet in the header. */
    public int code() {
        return code;
    }

    /** The type of an octet; a {@link WireException} for one that this version does not know. */
    static FrameType of(int code) {
        for (FrameType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new WireException("a frame of the unknown type " + code, null);
    }
}
