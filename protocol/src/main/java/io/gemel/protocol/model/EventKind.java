package io.gemel.protocol.model;

import java.util.Locale;

/** What an event of the event log is about. */
public enum EventKind {
    /** The module's role or readiness changed. */
    ROLE,
    /** A checker found something else than before. */
    CHECKER,
    /** Something is done because of what checkers found. */
    ACTION,
    /** A script failed, or was ended. */
    SCRIPT,
    /** A person commanded. */
    COMMAND,
    /** Anything else that a person may want to know. */
    NOTE;

    /** As it is printed. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
