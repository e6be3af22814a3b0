package io.gemel.protocol.model;

import java.util.Objects;
import java.util.Optional;

/**
 * What became of a command so far.
 *
 * @param id of the command
 * @param stage how far it is
 * @param text what happened, in a sentence
 * @param nextStep what the person can do next; empty where nothing is needed
 * @param refused why it was not even begun, for programs
 */
public record CommandUpdate(String id, Stage stage, String text, String nextStep, Optional<RefusalReason> refused) {
    /** How far a command is; the last two end it. */
    public enum Stage {
        ACCEPTED,
        PROGRESS,
        DONE,
        FAILED
    }

    public CommandUpdate {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(stage, "stage");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(nextStep, "nextStep");
        Objects.requireNonNull(refused, "refused");
    }

    /** One that is no refusal. */
    public CommandUpdate(String id, Stage stage, String text, String nextStep) {
        this(id, stage, text, nextStep, Optional.empty());
    }

    /** It is not begun. */
    public static CommandUpdate refused(String id, Refusal why) {
        return new CommandUpdate(id, Stage.FAILED, why.what(), why.nextStep(), Optional.of(why.reason()));
    }

    /** A refusal or failure. */
    public static CommandUpdate failed(String id, Problem problem) {
        return new CommandUpdate(id, Stage.FAILED, problem.what(), problem.nextStep());
    }

    /** Whether nothing more will come. */
    public boolean isLast() {
        return stage == Stage.DONE || stage == Stage.FAILED;
    }
}
