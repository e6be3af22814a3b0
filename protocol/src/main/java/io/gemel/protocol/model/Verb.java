package io.gemel.protocol.model;

import java.util.Locale;

/** What can be commanded of a module. */
public enum Verb {
    START,
    STOP,
    PRIM,
    SECOND,
    SWAP,
    /** Compares the second's copy with the primary's. */
    VERIFY,
    /** Compares, and brings the second what differs. */
    REPAIR;

    /** The word of the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
