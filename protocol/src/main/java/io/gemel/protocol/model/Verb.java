package io.gemel.protocol.model;

import java.util.Locale;

/** What can be commanded of a module. */
public enum Verb {
    START,
    STOP,
    PRIM,
    SECOND,
    SWAP;

    /** The word of the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
