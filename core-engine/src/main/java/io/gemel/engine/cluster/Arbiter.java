package io.gemel.engine.cluster;

import java.util.Optional;

/** Asks the witness, once for each occasion, whether this node may serve without the peer. */
final class Arbiter {

    /** How long the witness has to answer; no answer is a no. */
    static final long ANSWER_MS = 5_000;

    /**
     * What the witness said.
     *
     * @param granted whether this node may serve without the peer
     * @param exact whether that is so for ever: of the two nodes one is granted it, and only one
     * @param reason for people
     */
    record Verdict(boolean granted, boolean exact, String reason) {}

    private final Replica replica;
    private long question;
    private long askedMs;
    private boolean asked;
    private Optional<Verdict> verdict = Optional.empty();

    Arbiter(Replica replica) {
        this.replica = replica;
    }

    /** What the witness says, once it did. */
    Optional<Verdict> ask(long nowMs) {
        if (!asked) {
            asked = true;
            askedMs = nowMs;
            question = ++replica.lastQuestion;
            replica.emit(new Effect.AskWitness(question, replica.record.lastShared()));
        } else if (verdict.isEmpty() && nowMs - askedMs >= ANSWER_MS) {
            verdict = Optional.of(new Verdict(false, false, "the witness did not answer within " + ANSWER_MS + " ms"));
        }
        return verdict;
    }

    void answered(Event.WitnessAnswered answer) {
        if (asked && answer.question() == question && verdict.isEmpty()) {
            verdict = Optional.of(new Verdict(answer.granted(), answer.exact(), answer.reason()));
        }
    }

    /** The peer is heard again, or too much time went by unnoticed: what was said means nothing any more. */
    void forget() {
        asked = false;
        verdict = Optional.empty();
    }

    /** Of a node that waits: when nobody said anything that holds for ever, asks anew once in a while. */
    void askAgain(long nowMs) {
        boolean open = verdict.filter(said -> !said.granted() && !said.exact()).isPresent();
        if (open && nowMs - askedMs >= ANSWER_MS) {
            forget();
        }
    }
}
