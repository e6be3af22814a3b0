package io.gemel.engine.cluster;

/** How the history of this node's data stands to the peer's. */
public enum Relation {
    /** Both have the same. */
    SAME,
    /** The peer went on where this node stopped. */
    PEER_NEWER,
    /** This node went on where the peer stopped. */
    PEER_OLDER,
    /** The peer has none. */
    PEER_FRESH,
    /** This node has none. */
    FRESH,
    /** Each has something that the other lacks: two histories. */
    DIVERGED;

    /** Compares what both say of themselves. */
    public static Relation of(ReplicaRecord own, PeerStatus peer) {
        if (peer.generation() == 0) {
            return PEER_FRESH;
        }
        if (own.generation() == 0) {
            return FRESH;
        }
        if (own.generation() == peer.generation()) {
            return SAME;
        }
        if (peer.base() == own.generation()) {
            return PEER_NEWER;
        }
        return own.base() == peer.generation() ? PEER_OLDER : DIVERGED;
    }
}
