package io.gemel.protocol.wire;

import java.util.Optional;

/** Questions: each fills in the one field of an empty {@link Messages.Request} that it is about. */
public final class Requests {

    private Requests() {}

    /** The grants that count. */
    public static Messages.Request grants(Messages.Request empty) {
        return new Messages.Request(
                empty.id(),
                Optional.of(true),
                empty.newGrants(),
                empty.offer(),
                empty.withdraw(),
                empty.pending(),
                empty.audit(),
                empty.verifyAudit(),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    /** A new version of the grants. */
    public static Messages.Request newGrants(Messages.Request empty, SignedGrants version) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                Optional.of(version),
                empty.offer(),
                empty.withdraw(),
                empty.pending(),
                empty.audit(),
                empty.verifyAudit(),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    /** A pairing is to be offered. */
    public static Messages.Request offer(Messages.Request empty) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                empty.newGrants(),
                Optional.of(true),
                empty.withdraw(),
                empty.pending(),
                empty.audit(),
                empty.verifyAudit(),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    /** A pairing offer is to be forgotten. */
    public static Messages.Request withdraw(Messages.Request empty, String offer) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                empty.newGrants(),
                empty.offer(),
                Optional.of(offer),
                empty.pending(),
                empty.audit(),
                empty.verifyAudit(),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    /** Who answered a pairing offer. */
    public static Messages.Request pending(Messages.Request empty, String offer) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                empty.newGrants(),
                empty.offer(),
                empty.withdraw(),
                Optional.of(offer),
                empty.audit(),
                empty.verifyAudit(),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    /** Some of the audit log; see {@link Messages.AuditQuery}. */
    public static Messages.Request audit(Messages.Request empty, long after, int most) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                empty.newGrants(),
                empty.offer(),
                empty.withdraw(),
                empty.pending(),
                Optional.of(new Messages.AuditQuery(after, most)),
                empty.verifyAudit(),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    /** Whether the audit log is whole. */
    public static Messages.Request verifyAudit(Messages.Request empty) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                empty.newGrants(),
                empty.offer(),
                empty.withdraw(),
                empty.pending(),
                empty.audit(),
                Optional.of(true),
                empty.awaited(),
                empty.join(),
                empty.look());
    }

    private static Messages.Request with(
            Messages.Request empty,
            Optional<String> awaited,
            Optional<Messages.JoinStep> join,
            Optional<Messages.Look> look) {
        return new Messages.Request(
                empty.id(),
                empty.grants(),
                empty.newGrants(),
                empty.offer(),
                empty.withdraw(),
                empty.pending(),
                empty.audit(),
                empty.verifyAudit(),
                awaited,
                join,
                look);
    }

    /** Who answers a pairing offer; the answer comes when somebody does, the refusal when the offer is over. */
    public static Messages.Request awaited(Messages.Request empty, String offer) {
        return with(empty, Optional.of(offer), empty.join(), empty.look());
    }

    /** What is done about a server that wants to become a node. */
    public static Messages.Request join(Messages.Request empty, Messages.JoinStep step) {
        return with(empty, empty.awaited(), Optional.of(step), empty.look());
    }

    /** A look at the node that is asked. */
    public static Messages.Request look(Messages.Request empty, Messages.Look at) {
        return with(empty, empty.awaited(), empty.join(), Optional.of(at));
    }
}
