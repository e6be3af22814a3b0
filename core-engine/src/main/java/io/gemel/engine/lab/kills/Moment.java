package io.gemel.engine.lab.kills;

import java.util.Locale;

/** What is under way when something is killed. */
enum Moment {
    /** Each write goes to both nodes. */
    MIRROR,
    /** The nodes were cut from each other, and what the second missed is being brought. */
    RESYNC_CUT,
    /** The second was stopped and started again, and what it missed is being brought. */
    RESYNC_STOP,
    /** The roles are being exchanged. */
    SWAP;

    boolean isResync() {
        return this == RESYNC_CUT || this == RESYNC_STOP;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
