package io.gemel.engine.control;

import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
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
            if (request.awaited().isPresent()) {
                require(who, grant, Authority.Need.GRANT);
                awaited(request, to);
            } else if (request.look().isPresent()) {
                require(who, grant, Authority.Need.INSPECT);
                look(who, request, to);
            } else {
                to.accept(atOnce(who, grant, request));
            }
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

    private void awaited(Messages.Request request, Consumer<Messages.Answer> to) {
        String offer = request.awaited().orElseThrow();
        pairings.watch(
                offer,
                who -> to.accept(
                        who.isPresent()
                                ? new Answers(request.id()).pending(who)
                                : Messages.Answer.refused(
                                        request.id(),
                                        new Refusal(
                                                RefusalReason.NO_OFFER,
                                                "nobody answered the pairing offer while it counted",
                                                "show another"))));
    }

    private void look(String who, Messages.Request request, Consumer<Messages.Answer> to) {
        Messages.Look at = request.look().orElseThrow();
        // A snapshot is fetched in parts: that somebody took it is one entry, not one for each part.
        if (at.snapshot().isEmpty()) {
            String what = at.what().name().toLowerCase(Locale.ROOT);
            audit.add(false, AuditLog.Note.of(AuditEntry.Kind.COMMAND, who, "looked at the " + what));
        }
        var _ = service.look(at)
                .whenComplete((seen, failure) -> to.accept(
                        failure == null
                                ? new Answers(request.id()).seen(seen)
                                : Messages.Answer.refused(request.id(), refusal(failure))));
    }

    private static Refusal refusal(Throwable failure) {
        Throwable cause = failure.getCause() instanceof Problem ? failure.getCause() : failure;
        return cause instanceof Problem problem
                ? new Refusal(RefusalReason.FAILED, problem.what(), problem.nextStep())
                : new Refusal(RefusalReason.FAILED, "it did not work: " + failure, "see the engine's log");
    }

    private Messages.Answer atOnce(String who, Optional<Grant> grant, Messages.Request request) {
        Answers answers = new Answers(request.id());
        if (request.audit().isPresent()) {
            require(who, grant, Authority.Need.AUDIT);
            Messages.AuditQuery query = request.audit().get();
            return answers.audit(audit.read(query.after(), Math.clamp(query.most(), 1, MOST_AUDIT)));
        }
        if (request.verifyAudit().isPresent()) {
            require(who, grant, Authority.Need.AUDIT);
            return answers.verified(audit.verify(rest::endKnownToPeer));
        }
        require(who, grant, Authority.Need.GRANT);
        if (request.grants().isPresent()) {
            return answers.grants(permits.tips());
        }
        if (request.newGrants().isPresent()) {
            SignedGrants version = request.newGrants().get();
            permits.submit(version, clock.wallMs());
            rest.granted(who, version);
            return Messages.Answer.done(request.id());
        }
        if (request.join().isPresent()) {
            return join(who, request.join().get(), request.id());
        }
        return pairing(who, request);
    }

    private Messages.Answer pairing(String who, Messages.Request request) {
        Answers answers = new Answers(request.id());
        if (request.offer().isPresent()) {
            Messages.Answer offer =
                    answers.offer(pairings.offer(false, clock.wallMs()).text());
            note(who, "offered");
            return offer;
        }
        if (request.pending().isPresent()) {
            return answers.pending(pairings.pending(request.pending().get()));
        }
        if (request.withdraw().isPresent()) {
            pairings.withdraw(request.withdraw().get());
            note(who, "withdrawn");
            return Messages.Answer.done(request.id());
        }
        throw new RefusedException(
                RefusalReason.NOT_FOUND, settings.node() + " does not know this question", "update the node");
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
