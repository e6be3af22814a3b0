package io.gemel.protocol.model;

import java.util.Locale;

/** What a checker found last. */
public enum CheckerResult {
    /** All is well. */
    UP,
    /** What it watches is not as it should be. */
    DOWN,
    /** It could not look. */
    ERROR,
    /** It has not looked yet, or does not look in this state. */
    UNKNOWN;

    /** As it is written in files and on screens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
