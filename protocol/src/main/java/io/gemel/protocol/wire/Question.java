package io.gemel.protocol.wire;

import java.util.Objects;

/** What a device asks of a node; {@link Requests} says which fields of a {@link Messages.Request} carry it. */
public sealed interface Question {

    /** The grants that count, as they were signed. */
    record CurrentGrants() implements Question {}

    /** A new version of the grants is to count. */
    record NewGrants(SignedGrants version) implements Question {
        public NewGrants {
            Objects.requireNonNull(version, "version");
        }
    }

    /** A pairing is to be offered. */
    record Offer() implements Question {}

    /** The pairing offer with this id is to be forgotten. */
    record Withdraw(String offer) implements Question {
        public Withdraw {
            Objects.requireNonNull(offer, "offer");
        }
    }

    /** Who answered the pairing offer with this id. */
    record Pending(String offer) implements Question {
        public Pending {
            Objects.requireNonNull(offer, "offer");
        }
    }

    /** Some of the audit log of the node that is asked. */
    record Audit(Messages.AuditQuery which) implements Question {
        public Audit {
            Objects.requireNonNull(which, "which");
        }
    }

    /** Whether that log is whole. */
    record VerifyAudit() implements Question {}

    /** Who answers the pairing offer with this id, once somebody does. */
    record Awaited(String offer) implements Question {
        public Awaited {
            Objects.requireNonNull(offer, "offer");
        }
    }

    /** What is done about a server that wants to become a node. */
    record Join(Messages.JoinStep step) implements Question {
        public Join {
            Objects.requireNonNull(step, "step");
        }
    }

    /** A look at the node that is asked. */
    record Look(Messages.Look at) implements Question {
        public Look {
            Objects.requireNonNull(at, "at");
        }
    }
}
