package io.gemel.engine.cluster;

import io.gemel.protocol.model.Problem;
import java.util.Optional;

/** Runs one procedure at a time, a step at a time. */
final class Procedures {

    /** How long the peer may take to say whether this node may become primary. */
    static final long CLAIM_TIMEOUT_MS = 5_000;

    private final Replica replica;
    private long claimNumber;
    private long claimDeadlineMs;

    Procedures(Replica replica) {
        this.replica = replica;
    }

    void start(Procedure procedure, long nowMs) {
        if (replica.procedure.isPresent()) {
            throw new IllegalStateException(
                    procedure.name() + " during " + replica.procedure.get().name());
        }
        replica.procedure = Optional.of(procedure);
        advance(nowMs);
    }

    private void advance(long nowMs) {
        while (replica.procedure.isPresent()) {
            Procedure procedure = replica.procedure.get();
            if (procedure.outstanding().isPresent()) {
                return;
            }
            if (procedure.interruption().isPresent()) {
                fail(procedure.interruption().get());
                continue;
            }
            Optional<Procedure.Step> next = procedure.next();
            if (next.isEmpty()) {
                replica.procedure = Optional.empty();
                procedure.done();
                continue;
            }
            begin(procedure, next.get(), nowMs);
        }
    }

    private void begin(Procedure procedure, Procedure.Step step, long nowMs) {
        switch (step) {
            case Procedure.Step.Think think -> think.thought().run();
            case Procedure.Step.Do todo -> {
                procedure.begin(step);
                if (todo.effect() instanceof Effect.OpenPrimary) {
                    replica.persist(replica.record.inMemoryOf(replica.names.boot()));
                }
                replica.emit(todo.effect());
            }
            case Procedure.Step.Try attempt -> {
                procedure.begin(step);
                replica.emit(attempt.effect());
            }
            case Procedure.Step.AwaitMirror await -> {
                if (replica.mirror == Replica.Mirror.INTERRUPTED) {
                    procedure.begin(step);
                }
            }
            case Procedure.Step.AskPeer question -> {
                if (replica.linkUp) {
                    procedure.begin(step);
                    claimNumber++;
                    claimDeadlineMs = nowMs + CLAIM_TIMEOUT_MS;
                    replica.tell(new PeerMessage.Claim(claimNumber));
                }
            }
        }
    }

    /** What was interrupted may be certain now. */
    void mirrorDecided(long nowMs) {
        replica.procedure
                .filter(Procedure::waitsForMirror)
                .filter(procedure -> replica.mirror != Replica.Mirror.INTERRUPTED
                        || procedure.interruption().isPresent())
                .ifPresent(procedure -> {
                    procedure.ended();
                    advance(nowMs);
                });
    }

    private void fail(Problem problem) {
        Procedure procedure = replica.procedure.orElseThrow();
        replica.procedure = Optional.empty();
        procedure.failed(problem);
    }

    void effectDone(Effect effect, long nowMs) {
        noteOpened(effect, true);
        replica.procedure.filter(procedure -> procedure.waitsFor(effect)).ifPresent(procedure -> {
            procedure.ended();
            advance(nowMs);
        });
    }

    /** Whether a procedure was concerned. */
    boolean effectFailed(Effect effect, Problem problem, long nowMs) {
        noteOpened(effect, false);
        if (replica.procedure.isEmpty()) {
            return false;
        }
        Procedure procedure = replica.procedure.get();
        boolean concerned = procedure.waitsFor(effect);
        if (!concerned && !(effect instanceof Effect.Persist)) {
            return false;
        }
        Optional<Procedure.Step> outstanding = procedure.outstanding();
        if (!procedure.goesOnAfter(problem)) {
            fail(problem);
        } else if (!concerned) {
            // The record could not be written, and so what was to follow in the same list was not carried out.
            begin(procedure, outstanding.orElseThrow(), nowMs);
        }
        advance(nowMs);
        return true;
    }

    private void noteOpened(Effect effect, boolean worked) {
        switch (effect) {
            case Effect.OpenPrimary open -> replica.opened = worked ? Replica.Opened.PRIMARY : Replica.Opened.NOTHING;
            case Effect.OpenSecond open -> replica.opened = worked ? Replica.Opened.SECOND : Replica.Opened.NOTHING;
            case Effect.ClosePrimary close -> closed(worked);
            case Effect.CloseSecond close -> closed(worked && !close.takesOver());
            default -> {}
        }
    }

    private void closed(boolean worked) {
        replica.opened = Replica.Opened.NOTHING;
        if (worked) {
            replica.persist(replica.record.closed(replica.names.boot()));
        }
    }

    void claimAnswered(PeerMessage.ClaimAnswer answer, long nowMs) {
        replica.procedure
                .filter(procedure -> procedure.waitsForPeer() && answer.number() == claimNumber)
                .ifPresent(procedure -> {
                    procedure.ended();
                    if (!answer.granted()) {
                        fail(notAllowed(replica.names.peer() + " does not agree: " + answer.reason()));
                    }
                    advance(nowMs);
                });
    }

    /** The claim that waits for an answer, if any, is given up. */
    void giveUpClaim(String why, long nowMs) {
        replica.procedure.filter(Procedure::waitsForPeer).ifPresent(procedure -> {
            procedure.ended();
            fail(notAllowed(why));
            advance(nowMs);
        });
    }

    void tick(long nowMs) {
        if (nowMs >= claimDeadlineMs) {
            giveUpClaim(replica.names.peer() + " did not answer whether this node may become primary", nowMs);
        }
    }

    /** A question to the peer that was not answered with yes; nothing was done yet. */
    private static Problem notAllowed(String why) {
        return new Problem(why, "gemel state shows what each node is now; type the command again");
    }
}
