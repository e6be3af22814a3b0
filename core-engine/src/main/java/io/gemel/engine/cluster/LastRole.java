package io.gemel.engine.cluster;

/** The last role of a module on this node that was made durable: what a restart may conclude from. */
public enum LastRole {
    /** It never had one. */
    NONE,
    /** It served alone: nobody else can have written after it, unless a person decided so. */
    ALONE,
    /** It served, and the peer had, or was receiving, everything: the peer may have served after it. */
    PRIM,
    /** It held, or was receiving, the primary's data. */
    SECOND
}
