package io.gemel.engine.fuse;

/** Where a request passes on its way, for tests that have the engine die there. */
public enum CrashPoint {
    /** Nothing of it was done. */
    RECEIVED,
    /** What was so before was written down; the request is about to be executed. */
    BEGUN,
    /** Its effect is on the local disk, and nothing else was done for it. */
    EXECUTED,
    /** All was done for it but the answer, which may wait for the peer. */
    DONE,
    /** The answer is given, and nobody noted that. */
    ANSWERED
}
