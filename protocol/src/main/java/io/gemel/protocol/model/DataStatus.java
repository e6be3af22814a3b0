package io.gemel.protocol.model;

/** What is known of a node's copy of a module's data. */
public enum DataStatus {
    /** Nothing newer is known to exist. */
    UP_TO_DATE,
    /** Whole, but old, or never part of this module's history. */
    OUTDATED,
    /** In the middle of a resynchronisation, or broken. */
    INCONSISTENT
}
