package io.gemel.protocol.model;

import java.util.Objects;

/** An error that a person will read: what happened to what, and what to do next. */
public final class Problem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String nextStep;

    /**
     * @param what what happened, and to what, in one sentence
     * @param nextStep what the person can do about it, a command where there is one
     */
    public Problem(String what, String nextStep) {
        this(what, nextStep, null);
    }

    /** As {@link #Problem(String, String)}, with the error below it, or null. */
    public Problem(String what, String nextStep, Throwable cause) {
        super(Objects.requireNonNull(what, "what"), cause);
        this.nextStep = Objects.requireNonNull(nextStep, "nextStep");
    }

    /** What happened, and to what. */
    public String what() {
        return getMessage();
    }

    /** What to do next. */
    public String nextStep() {
        return nextStep;
    }
}
