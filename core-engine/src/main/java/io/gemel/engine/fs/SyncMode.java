package io.gemel.engine.fs;

/** When a call that changes something returns to the application. */
public enum SyncMode {
    /** After the peer has applied it. */
    WRITE,
    /** After the local step; only flushes wait for the peer. */
    FSYNC
}
