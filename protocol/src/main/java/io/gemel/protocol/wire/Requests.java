package io.gemel.protocol.wire;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Which field of a {@link Messages.Request} carries which {@link Question}, both ways. */
public final class Requests {

    private Requests() {}

    /** The request that asks this. */
    public static Messages.Request of(String id, Question question) {
        return new Messages.Request(
                id,
                field(question, Question.CurrentGrants.class, asked -> true),
                field(question, Question.NewGrants.class, Question.NewGrants::version),
                field(question, Question.Offer.class, asked -> true),
                field(question, Question.Withdraw.class, Question.Withdraw::offer),
                field(question, Question.Pending.class, Question.Pending::offer),
                field(question, Question.Audit.class, Question.Audit::which),
                field(question, Question.VerifyAudit.class, asked -> true),
                field(question, Question.Awaited.class, Question.Awaited::offer),
                field(question, Question.Join.class, Question.Join::step),
                field(question, Question.Look.class, Question.Look::at));
    }

    private static <Q extends Question, T> Optional<T> field(Question question, Class<Q> kind, Function<Q, T> value) {
        return kind.isInstance(question) ? Optional.of(value.apply(kind.cast(question))) : Optional.empty();
    }

    /** What a request asks; nothing when it is of a newer version, a {@link WireException} when it is several things. */
    public static Optional<Question> question(Messages.Request request) {
        List<Question> asked = Stream.<Optional<? extends Question>>of(
                        request.grants().map(any -> new Question.CurrentGrants()),
                        request.newGrants().map(Question.NewGrants::new),
                        request.offer().map(any -> new Question.Offer()),
                        request.withdraw().map(Question.Withdraw::new),
                        request.pending().map(Question.Pending::new),
                        request.audit().map(Question.Audit::new),
                        request.verifyAudit().map(any -> new Question.VerifyAudit()),
                        request.awaited().map(Question.Awaited::new),
                        request.join().map(Question.Join::new),
                        request.look().map(Question.Look::new))
                .flatMap(Optional::stream)
                .map(Question.class::cast)
                .toList();
        if (asked.size() > 1) {
            throw new WireException("a request that asks " + asked.size() + " things at once", null);
        }
        return asked.stream().findFirst();
    }

    /** The grants that count. */
    public static Messages.Request grants(Messages.Request empty) {
        return of(empty.id(), new Question.CurrentGrants());
    }

    /** A new version of the grants. */
    public static Messages.Request newGrants(Messages.Request empty, SignedGrants version) {
        return of(empty.id(), new Question.NewGrants(version));
    }

    /** A pairing is to be offered. */
    public static Messages.Request offer(Messages.Request empty) {
        return of(empty.id(), new Question.Offer());
    }

    /** A pairing offer is to be forgotten. */
    public static Messages.Request withdraw(Messages.Request empty, String offer) {
        return of(empty.id(), new Question.Withdraw(offer));
    }

    /** Who answered a pairing offer. */
    public static Messages.Request pending(Messages.Request empty, String offer) {
        return of(empty.id(), new Question.Pending(offer));
    }

    /** Some of the audit log; see {@link Messages.AuditQuery}. */
    public static Messages.Request audit(Messages.Request empty, long after, int most) {
        return of(empty.id(), new Question.Audit(new Messages.AuditQuery(after, most)));
    }

    /** Whether the audit log is whole. */
    public static Messages.Request verifyAudit(Messages.Request empty) {
        return of(empty.id(), new Question.VerifyAudit());
    }

    /** Who answers a pairing offer; the answer comes when somebody does, the refusal when the offer is over. */
    public static Messages.Request awaited(Messages.Request empty, String offer) {
        return of(empty.id(), new Question.Awaited(offer));
    }

    /** What is done about a server that wants to become a node. */
    public static Messages.Request join(Messages.Request empty, Messages.JoinStep step) {
        return of(empty.id(), new Question.Join(step));
    }

    /** A look at the node that is asked. */
    public static Messages.Request look(Messages.Request empty, Messages.Look at) {
        return of(empty.id(), new Question.Look(at));
    }
}
