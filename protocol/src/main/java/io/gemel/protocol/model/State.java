package io.gemel.protocol.model;

/** The role of a module on a node. */
public enum State {
    /** Not run by Gemel; plain directories. */
    STOP,
    /** Started, but something is missing before it may serve. */
    WAIT,
    /** Serves without a peer that has the same data. */
    ALONE,
    /** Serves, and each write is also on the peer. */
    PRIM,
    /** Holds, or is receiving, the copy of what the primary writes. */
    SECOND,
    /** Serves its share of a farm. */
    UP;

    /** Whether the application of a mirror module runs, or is being started or stopped, in this state. */
    public boolean isPrimary() {
        return this == ALONE || this == PRIM;
    }
}
