package io.gemel.protocol.model;

import java.util.Locale;

/** What a module does with its nodes. */
public enum Mode {
    /** One node serves, the other holds a synchronous copy. */
    MIRROR,
    /** Every node serves its share of the clients. */
    FARM;

    /** The word of the configuration and of {@code gemel state --json}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of a word, see {@link #word}; an unknown word throws IllegalArgumentException. */
    public static Mode ofWord(String word) {
        for (Mode mode : values()) {
            if (mode.word().equals(word)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("unknown mode \"" + word + "\", expected \"mirror\" or \"farm\"");
    }
}
