package io.gemel.engine.cluster;

import io.gemel.protocol.model.Problem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Steps that lead from one role to another, one after the other, and what is to be done when one fails. */
final class Procedure {

    /** One step. */
    sealed interface Step {

        /** An effect without which the procedure fails. */
        record Do(Effect effect) implements Step {}

        /** An effect of an undoing: when it fails, the rest goes on. */
        record Try(Effect effect) implements Step {}

        /** A thought: reads and changes the replica, emits instant effects. */
        record Think(Runnable thought) implements Step {}

        /** Asks the peer, if there is a link, whether this node may become primary. */
        record AskPeer() implements Step {}

        /** Waits, if the mirror is interrupted, until it is certain whether this node goes on alone. */
        record AwaitMirror() implements Step {}
    }

    private final String name;
    private final boolean interruptible;
    private final Deque<Step> steps = new ArrayDeque<>();
    private final List<Effect> begun = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();
    private Runnable whenDone = () -> {};
    private Consumer<Problem> whenFailed = problem -> {};
    private Optional<Step> outstanding = Optional.empty();
    private Optional<Problem> interruption = Optional.empty();

    /**
     * @param name what it does, for people: {@code "becoming primary"}
     * @param interruptible whether it may be made to fail between two steps
     */
    Procedure(String name, boolean interruptible) {
        this.name = name;
        this.interruptible = interruptible;
    }

    Procedure then(Effect... effects) {
        for (Effect effect : effects) {
            steps.add(new Step.Do(effect));
        }
        return this;
    }

    Procedure attempt(Effect... effects) {
        for (Effect effect : effects) {
            steps.add(new Step.Try(effect));
        }
        return this;
    }

    /** Puts an effect before all that is still to come; when it fails, the rest goes on. */
    void attemptNext(Effect effect) {
        steps.addFirst(new Step.Try(effect));
    }

    Procedure think(Runnable thought) {
        steps.add(new Step.Think(thought));
        return this;
    }

    Procedure askPeer() {
        steps.add(new Step.AskPeer());
        return this;
    }

    Procedure awaitMirror() {
        steps.add(new Step.AwaitMirror());
        return this;
    }

    Procedure whenDone(Runnable action) {
        whenDone = action;
        return this;
    }

    Procedure whenFailed(Consumer<Problem> action) {
        whenFailed = action;
        return this;
    }

    String name() {
        return name;
    }

    /** Whether the effect was begun, so that undoing it is needed. */
    boolean hasBegun(Class<? extends Effect> effect) {
        return begun.stream().anyMatch(effect::isInstance);
    }

    /** Problems of the steps that were only tried. */
    List<Problem> problems() {
        return problems;
    }

    Optional<Step> next() {
        return Optional.ofNullable(steps.poll());
    }

    Optional<Step> outstanding() {
        return outstanding;
    }

    boolean waitsFor(Effect effect) {
        return outstanding.filter(step -> effect.equals(effectOf(step))).isPresent();
    }

    boolean waitsForA(Class<? extends Effect> kind) {
        return outstanding.filter(step -> kind.isInstance(effectOf(step))).isPresent();
    }

    boolean waitsForPeer() {
        return outstanding.filter(Step.AskPeer.class::isInstance).isPresent();
    }

    boolean waitsForMirror() {
        return outstanding.filter(Step.AwaitMirror.class::isInstance).isPresent();
    }

    void begin(Step step) {
        Effect effect = effectOf(step);
        if (effect != null) {
            begun.add(effect);
        }
        if (effect == null || effect.isAnswered()) {
            outstanding = Optional.of(step);
        }
    }

    /** The outstanding step ended. */
    void ended() {
        outstanding = Optional.empty();
    }

    /** The outstanding step failed: whether the procedure goes on all the same. */
    boolean goesOnAfter(Problem problem) {
        boolean tried = outstanding.filter(Step.Try.class::isInstance).isPresent();
        outstanding = Optional.empty();
        if (tried) {
            problems.add(problem);
        }
        return tried;
    }

    /** Makes it fail as soon as the outstanding step ended. */
    void interrupt(Problem problem) {
        if (interruptible && interruption.isEmpty()) {
            interruption = Optional.of(problem);
        }
    }

    Optional<Problem> interruption() {
        return interruption;
    }

    void done() {
        whenDone.run();
    }

    void failed(Problem problem) {
        whenFailed.accept(problem);
    }

    private static Effect effectOf(Step step) {
        return switch (step) {
            case Step.Do todo -> todo.effect();
            case Step.Try attempt -> attempt.effect();
            case Step.Think thought -> null;
            case Step.AskPeer question -> null;
            case Step.AwaitMirror await -> null;
        };
    }
}
