package io.gemel.protocol.wire;

import io.gemel.protocol.model.AuditEntry;
import java.util.Optional;

/**
 * Checks that entries of an audit log follow each other: each names the hash of the one before, so that none can be
 * changed, added or taken out without changing all that come after it. Not for several threads.
 */
public final class AuditChain {

    private static final String CONTEXT = "gemel/1 audit";

    private long number;
    private String hash;

    /**
     * Begins after an entry.
     *
     * @param number of that entry; 0 before the first
     * @param hash of that entry; empty before the first
     */
    public AuditChain(long number, String hash) {
        this.number = number;
        this.hash = hash;
    }

    /** The hash of an entry as it is kept. */
    public static String hash(String json) {
        return Hex.of(SigningInput.of(CONTEXT).text(json).hash());
    }

    /** Takes the next entry; what is wrong with it, if anything. */
    public Optional<String> next(String json) {
        AuditEntry entry;
        try {
            entry = Json.read(AuditEntry.class, json);
        } catch (WireException e) {
            return Optional.of("the entry after number " + number + " cannot be read");
        }
        if (entry.number() != number + 1) {
            return Optional.of("entry " + (number + 1) + " is missing; after " + number + " comes " + entry.number());
        }
        if (!entry.previous().equals(hash)) {
            return Optional.of(
                    "entry " + number + " is not the one that entry " + entry.number() + " was written after");
        }
        number = entry.number();
        hash = hash(json);
        return Optional.empty();
    }

    /** Number of the last entry that was taken. */
    public long number() {
        return number;
    }

    /** Hash of the last entry that was taken. */
    public String hash() {
        return hash;
    }
}
