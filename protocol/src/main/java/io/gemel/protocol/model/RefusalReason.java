package io.gemel.protocol.model;

/** Why something was refused. The number is what a status of HTTP would be, for those who think in them. */
public enum RefusalReason {
    /** Not of the protocol's form: length, kind, JSON. */
    BAD_FRAME(400),
    /** The signature is not of this sender over exactly this, in this session. */
    BAD_SIGNATURE(401),
    /** A number in the session that was there before, or is not the next. */
    BAD_SEQUENCE(400),
    /** Meant for another cluster. */
    WRONG_CLUSTER(421),
    /** Meant for another node. */
    WRONG_NODE(421),
    /** No version in common, or not the newest of those in common. */
    VERSION(426),
    /** The device has no grant. */
    NO_GRANT(401),
    /** The device's grant is over. */
    EXPIRED(401),
    /** The device's role may not do this. */
    ROLE(403),
    /** The device may not do this with this module. */
    MODULE(403),
    /** The command came after its time, or with a time too far ahead. */
    TOO_OLD(408),
    /** The module is no longer as the one who commands saw it. */
    MOVED_ON(409),
    /** Another version was made meanwhile, or it follows from none that is known. */
    GRANTS_MOVED_ON(409),
    /** The signer of grants may not sign them. */
    GRANTS_SIGNER(403),
    /** The pairing offer is not there, over, used or burnt. */
    NO_OFFER(404),
    /** The secret of the pairing offer was not proven. */
    BAD_SECRET(401),
    /** A person did not confirm the pairing. */
    NOT_CONFIRMED(403),
    /** No such module, node or question. */
    NOT_FOUND(404),
    /** The node that has to do it cannot be reached from here. */
    UNREACHABLE(503),
    /** As many as this node takes are there already. */
    BUSY(503),
    /** The session is over: its longest time, or silence. */
    SESSION_OVER(440),
    /** It did not work, for the reason in the text. */
    FAILED(500);

    private final int code;

    RefusalReason(int code) {
        this.code = code;
    }

    /** The number beside the word. */
    public int code() {
        return code;
    }
}
