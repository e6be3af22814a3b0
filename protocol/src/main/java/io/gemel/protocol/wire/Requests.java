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
                empty.verifyAudit());
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
                empty.verifyAudit());
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
                empty.verifyAudit());
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
                empty.verifyAudit());
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
                empty.verifyAudit());
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
                empty.verifyAudit());
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
                Optional.of(true));
    }
}
