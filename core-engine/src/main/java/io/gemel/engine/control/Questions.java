package io.gemel.engine.control;

import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Question;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Questions that have one answer: who may ask what, and what the answer is. Asked in the desk's thread only; an answer
 * that takes a moment comes later, from any thread.
 */
final class Questions {

    /** The administrator on the node itself. */
    static final String ROOT = "root";

    private static final int MOST_AUDIT = 500;
    /** So that it fits into a frame of a handshake. */
    private static final int MOST_CONFIGURATION_BYTES = 7 << 10;

    /** What else follows from an answer, and what else one needs. */
    interface Rest {
        /** A new version of the grants counts: others are to hear of it. */
        void granted(String who, SignedGrants version);

        /** Where this node's audit log ended when the peer heard it last. */
        AuditLog.Head endKnownToPeer();
    }

    private final ControlSettings settings;
    private final CommandService service;
    private final Permits permits;
    private final AuditLog audit;
    private final Pairings pairings;
    private final ControlClock clock;
    private final Rest rest;

    Questions(
            ControlSettings settings,
            CommandService service,
            Permits permits,
            AuditLog audit,
            Pairings pairings,
            ControlClock clock,
            Rest rest) {
        this.settings = settings;
        this.service = service;
        this.permits = permits;
        this.audit = audit;
        this.pairings = pairings;
        this.clock = clock;
        this.rest = rest;
    }

    /**
     * Asks.
     *
     * @param who id of the device, or {@link #ROOT}
     * @param grant of the device
     * @param to given exactly one answer
     */
    void ask(String who, Optional<Grant> grant, Messages.Request request, Consumer<Messages.Answer> to) {
        try {
            Question asked = Requests.question(request)
                    .orElseThrow(() -> new RefusedException(
                            RefusalReason.NOT_FOUND,
                            settings.node() + " does not know this question",
                            "update the node"));
            require(who, grant, need(asked));
            answer(who, request.id(), asked, to);
        } catch (RefusedException e) {
            String text = e.refusal().reason() + ": " + e.refusal().what();
            audit.add(true, AuditLog.Note.of(AuditEntry.Kind.REFUSAL, who, text));
            to.accept(Messages.Answer.refused(request.id(), e.refusal()));
        } catch (WireException e) {
            to.accept(Messages.Answer.refused(
                    request.id(), new Refusal(RefusalReason.BAD_FRAME, e.getMessage(), "update the client")));
        }
    }

    private void require(String who, Optional<Grant> grant, Authority.Need need) {
        if (!who.equals(ROOT)) {
            Authority.refusal(grant, need, Grant.ALL, clock.wallMs()).ifPresent(why -> {
                throw new RefusedException(why);
            });
        }
    }

    private static Authority.Need need(Question asked) {
        return switch (asked) {
            case Question.Audit _, Question.VerifyAudit _ -> Authority.Need.AUDIT;
            case Question.Look _ -> Authority.Need.INSPECT;
            case Question.CurrentGrants _,
                    Question.NewGrants _,
                    Question.Offer _,
                    Question.Pending _,
                    Question.Withdraw _,
                    Question.Awaited _,
                    Question.Join _ -> Authority.Need.GRANT;
        };
    }

    private void answer(String who, String id, Question asked, Consumer<Messages.Answer> to) {
        Answers answers = new Answers(id);
        switch (asked) {
            case Question.Audit(Messages.AuditQuery which) ->
                to.accept(answers.audit(audit.read(which.after(), Math.clamp(which.most(), 1, MOST_AUDIT))));
            case Question.VerifyAudit() -> to.accept(answers.verified(audit.verify(rest::endKnownToPeer)));
            case Question.CurrentGrants() -> to.accept(answers.grants(permits.tips()));
            case Question.NewGrants(SignedGrants version) -> {
                permits.submit(version, clock.wallMs());
                rest.granted(who, version);
                to.accept(Messages.Answer.done(id));
            }
            case Question.Offer() -> {
                Messages.Answer offer =
                        answers.offer(pairings.offer(false, clock.wallMs()).text());
                note(who, "offered");
                to.accept(offer);
            }
            case Question.Pending(String offer) -> to.accept(answers.pending(pairings.pending(offer)));
            case Question.Withdraw(String offer) -> {
                pairings.withdraw(offer);
                note(who, "withdrawn");
                to.accept(Messages.Answer.done(id));
            }
            case Question.Awaited(String offer) -> awaited(offer, id, to);
            case Question.Join(Messages.JoinStep step) -> to.accept(join(who, step, id));
            case Question.Look(Messages.Look at) -> look(who, at, id, to);
        }
    }

    private void awaited(String offer, String id, Consumer<Messages.Answer> to) {
        pairings.watch(
                offer,
                who -> to.accept(
                        who.isPresent()
                                ? new Answers(id).pending(who)
                                : Messages.Answer.refused(
                                        id,
                                        new Refusal(
                                                RefusalReason.NO_OFFER,
                                                "nobody answered the pairing offer while it counted",
                                                "show another"))));
    }

    private void look(String who, Messages.Look at, String id, Consumer<Messages.Answer> to) {
        // A snapshot is fetched in parts: that somebody took it is one entry, not one for each part.
        if (at.snapshot().isEmpty()) {
            String what = at.what().name().toLowerCase(Locale.ROOT);
            audit.add(false, AuditLog.Note.of(AuditEntry.Kind.COMMAND, who, "looked at the " + what));
        }
        var _ = service.look(at)
                .whenComplete((seen, failure) -> to.accept(
                        failure == null ? new Answers(id).seen(seen) : Messages.Answer.refused(id, refusal(failure))));
    }

    private static Refusal refusal(Throwable failure) {
        Throwable cause = failure.getCause() instanceof Problem ? failure.getCause() : failure;
        return cause instanceof Problem problem
                ? new Refusal(RefusalReason.FAILED, problem.what(), problem.nextStep())
                : new Refusal(RefusalReason.FAILED, "it did not work: " + failure, "see the engine's log");
    }

    private void note(String who, String text) {
        audit.add(true, AuditLog.Note.of(AuditEntry.Kind.PAIRING, who, text));
    }

    /** A new node is let in by who can also write its configuration: the administrator on this node. */
    private Messages.Answer join(String who, Messages.JoinStep join, String id) {
        if (!who.equals(ROOT)) {
            throw new RefusedException(
                    RefusalReason.ROLE,
                    "a server is let in on a node of the cluster itself",
                    "on that node: gemel init");
        }
        return switch (join.step()) {
            case OFFER -> {
                String text = pairings.offer(true, clock.wallMs()).text();
                note(who, "offered to a server");
                yield new Answers(id).offer(text);
            }
            case ADMIT -> {
                String configuration = join.configuration().orElse("");
                String json = Json.write(Messages.Joined.class, new Messages.Joined(configuration));
                if (json.getBytes(StandardCharsets.UTF_8).length > MOST_CONFIGURATION_BYTES) {
                    throw new RefusedException(
                            RefusalReason.FAILED,
                            "cluster.toml has more than " + MOST_CONFIGURATION_BYTES + " bytes",
                            "copy it to the other node by hand");
                }
                Messages.PendingDevice node = pairings.admit(join.offer(), configuration);
                note(who, "\"" + node.name() + "\" is let in as a node, its key is " + node.device());
                yield Messages.Answer.done(id);
            }
            case TURN_AWAY -> {
                pairings.turnAway(
                        join.offer(),
                        join.refusal()
                                .orElseGet(() -> new Refusal(
                                        RefusalReason.NOT_CONFIRMED, "it was not let in", "ask on the first node")));
                note(
                        who,
                        "a server was turned away: "
                                + join.refusal().map(Refusal::what).orElse(""));
                yield Messages.Answer.done(id);
            }
        };
    }
}
