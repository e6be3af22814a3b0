package io.gemel.protocol.model;

/** Whether a state is fully held, on its way, or hindered. */
public enum Readiness {
    /** The state is held. */
    READY,
    /** On the way there: a script runs, a copy is being received. */
    TRANSIENT,
    /** Hindered; the reason says by what. */
    NOT_READY
}
