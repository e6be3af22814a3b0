package io.gemel.protocol.model;

import java.util.Objects;
import java.util.Optional;

/**
 * One entry of a node's audit log.
 *
 * @param number 1 for the first, and one more for each
 * @param timeMs when, on the node's clock, milliseconds of the epoch
 * @param node where, by its name
 * @param kind what it is about
 * @param who id of the device, {@code root} for the administrator on the node itself, an address, or empty
 * @param text what happened, in a sentence
 * @param session of a signed frame: the session it belongs to, in Base64
 * @param evidence the signed frame or document itself, in Base64
 * @param previous hash of the entry before, empty for the first
 */
public record AuditEntry(
        long number,
        long timeMs,
        String node,
        Kind kind,
        String who,
        String text,
        Optional<String> session,
        Optional<String> evidence,
        String previous) {

    /** What an entry is about. */
    public enum Kind {
        /** A command, before it is carried out. */
        COMMAND,
        /** How a command ended. */
        OUTCOME,
        /** Something was refused. */
        REFUSAL,
        /** A session began or ended. */
        SESSION,
        /** A pairing was offered, answered, confirmed or withdrawn. */
        PAIRING,
        /** The grants changed. */
        GRANTS,
        /** A module's role changed on this node. */
        ROLE
    }

    public AuditEntry {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(who, "who");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(evidence, "evidence");
        Objects.requireNonNull(previous, "previous");
    }
}
