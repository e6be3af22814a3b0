package io.gemel.engine.simulator;

import java.util.Locale;

/** A deliberate error of the simulated parts, each of which breaks a promise: the simulation has to find it. */
public enum Bug {
    /** None. */
    NONE,
    /** The primary changes its disk before the journal holds that it does. */
    INTENT_NOT_AWAITED,
    /** The second acknowledges an operation when it comes, before it is applied. */
    ACKNOWLEDGED_EARLY,
    /** The journal goes on naming the generation that it had. */
    GENERATION_NOT_PERSISTED,
    /** A node that starts takes its data for the latest. */
    STALE_PROMOTED,
    /** A primary goes on alone before its peer holds that it is outdated. */
    PEER_NOT_OUTDATED,
    /** A resynchronisation sends a block that it read a moment before, without the file's lock in between. */
    READ_OUTSIDE_LOCK,
    /** An engine that goes on where one died answers calls as if there had been no peer. */
    MIRROR_FORGOTTEN;

    /** As it is typed. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
