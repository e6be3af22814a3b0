package io.gemel.engine.cluster;

import io.gemel.engine.cluster.Replica.Mirror;
import io.gemel.engine.cluster.Replica.Opened;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Optional;

/**
 * A primary that lost its mirror. Calls wait until one of these is certain, and then are answered or refused:
 *
 * <ol>
 *   <li>the peer holds durably that its data may be old, so it cannot take over: this node goes on alone;
 *   <li>the peer is silent on every network, and the witness agrees: this node goes on alone;
 *   <li>the peer is silent and the witness does not agree: this node stops serving;
 *   <li>no client reaches this node, and the peer has every write: this node stops serving, so that the peer can;
 *   <li>the peer took over: this node stops serving and becomes its second.
 * </ol>
 */
final class PeerLoss {

    private final Replica replica;
    private final Procedures procedures;
    private final Arbiter arbiter;
    private boolean refused;

    PeerLoss(Replica replica, Procedures procedures, Arbiter arbiter) {
        this.replica = replica;
        this.procedures = procedures;
        this.arbiter = arbiter;
    }

    /** The peer gets nothing any more, and may not know it. */
    void interrupt(String why) {
        if (replica.mirror != Mirror.NOTHING && replica.mirror != Mirror.INTERRUPTED) {
            boolean peerHasAll = replica.mirror == Mirror.EVERY_WRITE;
            dropMirror();
            begin(why, peerHasAll);
        }
    }

    /**
     * Calls wait already, for a mirror that does not begin.
     *
     * @param peerHasAll whether nothing was acknowledged that the peer lacks, and it can serve
     */
    void begin(String why, boolean peerHasAll) {
        replica.mirror = Mirror.INTERRUPTED;
        replica.outdating = replica.freshGeneration.getAsLong();
        replica.interruption = why;
        refused = false;
        replica.leaving = peerHasAll && !replica.linkUp && !replica.obstacle.isEmpty();
        if (replica.procedure.isEmpty()) {
            replica.transitionTo(
                    State.PRIM,
                    Readiness.TRANSIENT,
                    why + ": calls wait until it is certain that " + replica.names.peer() + " does not serve");
        }
    }

    void dropMirror() {
        if (replica.mirror == Mirror.COPY || replica.mirror == Mirror.EVERY_WRITE) {
            replica.droppedRequest = Math.max(replica.droppedRequest, replica.servedRequest);
        }
        replica.mirror = Mirror.NOTHING;
    }

    /** Whether something is certain now; also while a procedure runs, for its application may be what waits. */
    void decide(long nowMs) {
        if (replica.mirror != Mirror.INTERRUPTED || replica.opened != Opened.PRIMARY) {
            return;
        }
        Optional<PeerStatus> said = replica.heardPeer();
        if (said.filter(this::tookOver).isPresent()) {
            standDown(replica.names.peer() + " took over (" + replica.interruption + ")", nowMs);
        } else if (said.filter(peer -> peer.outdatedFor() == replica.outdating).isPresent()) {
            goAlone(replica.interruption);
        } else if (replica.leaving) {
            String peer = replica.names.peer();
            standDown(
                    "no client reaches it (" + replica.obstacle + "), and " + peer + " has every write; waits for "
                            + peer,
                    nowMs);
        } else if (replica.peerIsLost(nowMs)) {
            arbiter.ask(nowMs).ifPresent(verdict -> {
                if (verdict.granted() && replica.unheardSinceResumed && !verdict.exact()) {
                    // Its heartbeats answer to the engine that died as long as ours do not reach it.
                    String peer = replica.names.peer();
                    standDown(
                            peer + " is silent since the engine was replaced, and may have taken over; waits for "
                                    + peer,
                            nowMs);
                } else if (verdict.granted()) {
                    goAlone(replica.names.peer() + " is lost (" + replica.silence + ")");
                } else {
                    standDown(
                            "it is cut off: " + replica.names.peer() + " is silent, and " + verdict.reason()
                                    + "; waits for " + replica.names.peer(),
                            nowMs);
                }
            });
        }
    }

    /** It serves, or did: what it has is newer. */
    private boolean tookOver(PeerStatus peer) {
        return peer.isPrimary() || Relation.of(replica.record, peer) == Relation.PEER_NEWER;
    }

    /** The peer holds that it lacks what comes now: it left in order, or said so. */
    void goAlone(String why) {
        if (replica.mirror == Mirror.NOTHING) {
            return;
        }
        long generation =
                replica.mirror == Mirror.INTERRUPTED ? replica.outdating : replica.freshGeneration.getAsLong();
        dropMirror();
        // Also on the way to a stop that a person commanded.
        replica.persist(replica.record.writingAlone(generation).withStarted(replica.record.started()));
        boolean closing = replica.procedure
                .filter(procedure -> procedure.waitsForA(Effect.ClosePrimary.class))
                .isPresent();
        replica.goAloneOwed = replica.opened == Opened.PRIMARY && !closing;
        payGoAlone();
        if (replica.procedure.isEmpty()) {
            replica.transitionTo(State.ALONE, Readiness.READY, "serves alone: " + why);
        }
    }

    /** Emits the owed effect; repeated by the tick until it worked, for calls of the application wait for it. */
    void payGoAlone() {
        if (replica.goAloneOwed) {
            replica.emit(new Effect.Persist(replica.record));
            replica.emit(new Effect.GoAlone());
        }
    }

    /** Stops serving, whatever fails on the way; what was not answered is refused. */
    private void standDown(String why, long nowMs) {
        if (replica.procedure.isPresent()) {
            // Its application may be what waits.
            if (!refused) {
                refused = true;
                replica.emit(new Effect.RefuseCalls());
            }
            replica.procedure.get().interrupt(new Problem(why, "gemel state"));
            return;
        }
        replica.transitionTo(replica.state, Readiness.TRANSIENT, "stops serving: " + why);
        Procedure procedure = new Procedure("standing down", false)
                .attempt(
                        new Effect.ReleaseAddresses(),
                        new Effect.RefuseCalls(),
                        new Effect.StopApplication(),
                        new Effect.ClosePrimary(false));
        procedure.whenDone(() -> {
            dropMirror();
            replica.request = 0;
            String problems = String.join(
                    "; ", procedure.problems().stream().map(Problem::what).toList());
            replica.transitionTo(
                    State.WAIT, Readiness.NOT_READY, problems.isEmpty() ? why : why + "; with problems: " + problems);
        });
        procedures.start(procedure, nowMs);
    }
}
