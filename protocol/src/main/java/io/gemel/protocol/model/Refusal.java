package io.gemel.protocol.model;

import java.util.Objects;

/**
 * Something was not done.
 *
 * @param reason for programs
 * @param what what happened, and to what, in a sentence
 * @param nextStep what the person can do about it
 */
public record Refusal(RefusalReason reason, String what, String nextStep) {
    public Refusal {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(nextStep, "nextStep");
    }

    /** As an error for a person. */
    public Problem problem() {
        return new Problem(what, nextStep);
    }
}
