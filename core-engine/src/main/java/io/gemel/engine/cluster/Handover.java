package io.gemel.engine.cluster;

import io.gemel.engine.cluster.Replica.Mirror;
import io.gemel.engine.cluster.Replica.Opened;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Optional;

/** The swap: the primary stops serving, drains, becomes a second and hands over; the second takes over. */
final class Handover {

    private final Replica replica;
    private final Procedures procedures;
    private final PrimaryDuty primary;
    private final PeerLoss loss;
    private Optional<String> commandId = Optional.empty();

    Handover(Replica replica, Procedures procedures, PrimaryDuty primary, PeerLoss loss) {
        this.replica = replica;
        this.procedures = procedures;
        this.primary = primary;
        this.loss = loss;
    }

    /**
     * As primary, with a second that has everything.
     *
     * @param why for people; empty when a person wants it
     */
    void handOver(Optional<String> command, String why, long nowMs) {
        Procedure procedure = new Procedure("swap", true).then(new Effect.StopApplication());
        handOver(procedure, command, why, nowMs);
    }

    /** As {@link #handOver}, of an application that fails, and that may not even be stopped by its script. */
    void handOverFailing(String why, long nowMs) {
        Procedure procedure = new Procedure("swap", true).attempt(new Effect.StopApplication());
        handOver(procedure, Optional.empty(), why, nowMs);
    }

    private void handOver(Procedure procedure, Optional<String> command, String why, long nowMs) {
        commandId = command;
        replica.peerReturned = false;
        replica.swapTried = true;
        String because = why.isEmpty() ? "" : ": " + why;
        replica.transitionTo(
                State.PRIM, Readiness.TRANSIENT, "swap: handing over to " + replica.names.peer() + because);
        procedure
                .then(new Effect.ReleaseAddresses(), new Effect.ClosePrimary(true), new Effect.OpenSecond())
                .whenDone(this::tellTakeOver);
        procedure.whenFailed(problem -> serveAgain(problem, procedure.hasBegun(Effect.OpenSecond.class), nowMs));
        procedures.start(procedure, nowMs);
    }

    private void tellTakeOver() {
        replica.mirror = Mirror.NOTHING;
        replica.handingOver = true;
        replica.identical = true;
        // What the peer acknowledges from now on may be in memory only, here too.
        replica.persist(replica.record.inMemoryOf(replica.names.boot()));
        replica.makeRequest();
        replica.transitionTo(
                State.SECOND, Readiness.TRANSIENT, "swap: waits until " + replica.names.peer() + " serves");
        replica.tell(new PeerMessage.TakeOver(replica.record.generation(), replica.request));
    }

    /**
     * The old primary's data is complete and nobody else serves: serve again.
     *
     * @param drained whether everything had gone to the peer, so that both are identical
     */
    private void serveAgain(Problem problem, boolean drained, long nowMs) {
        boolean wasMirrored = drained && (replica.mirror == Mirror.EVERY_WRITE || replica.handingOver);
        // What was not confirmed was not acknowledged either.
        boolean peerHasAll = drained || replica.mirror == Mirror.EVERY_WRITE || replica.leaving;
        replica.handingOver = false;
        long peerRequest = replica.reachablePeer().map(PeerStatus::request).orElse(0L);
        boolean closed = replica.opened != Opened.PRIMARY;
        replica.request = 0;
        replica.identical = false;
        replica.mirror = closed ? Mirror.NOTHING : replica.mirror;
        if (replica.state == State.SECOND) {
            replica.transitionTo(State.PRIM, Readiness.TRANSIENT, "swap failed, serving again: " + problem.what());
        }
        Procedure back = new Procedure("serving again after a failed swap", true);
        if (replica.opened == Opened.SECOND) {
            back.then(new Effect.CloseSecond());
        }
        if (closed && replica.record.lastRole() == LastRole.ALONE) {
            // It went on alone meanwhile: there is nobody to wait for.
            back.then(new Effect.OpenPrimary(false));
        } else if (closed) {
            back.then(new Effect.OpenPrimary(true))
                    .think(() -> resume(back, wasMirrored ? peerRequest : 0, peerHasAll));
        }
        back.awaitMirror().then(new Effect.AcquireAddresses(), new Effect.StartApplication());
        back.whenDone(() -> {
            becomeServing("serves again after a failed swap: " + problem.what());
            refuseSwap(problem, "this node serves again");
        });
        back.whenFailed(second -> giveUp(back, second, nowMs));
        procedures.start(back, nowMs);
    }

    private void refuseSwap(Problem problem, String and) {
        replica.refuse(commandId, new Problem("the swap failed: " + problem.what() + "; " + and, problem.nextStep()));
        commandId = Optional.empty();
    }

    /** The application runs again: what that makes of the node depends on its mirror. */
    void becomeServing(String why) {
        if (replica.mirror == Mirror.EVERY_WRITE) {
            replica.transitionTo(State.PRIM, Readiness.READY, why);
        } else if (replica.mirror == Mirror.INTERRUPTED) {
            replica.transitionTo(State.PRIM, Readiness.TRANSIENT, why + "; calls wait: " + replica.interruption);
        } else {
            replica.transitionTo(State.ALONE, Readiness.READY, why);
        }
    }

    private void giveUp(Procedure failed, Problem problem, long nowMs) {
        Procedure undo = new Procedure("ending what a failed swap began", false);
        undo.attempt(new Effect.StopApplication(), new Effect.ReleaseAddresses());
        if (replica.opened == Opened.PRIMARY) {
            undo.attempt(new Effect.ClosePrimary(false));
        }
        undo.whenDone(() -> {
            loss.dropMirror();
            replica.blocked = replica.obstacle.isEmpty();
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, failed.name() + " failed: " + problem.what());
            refuseSwap(problem, "nobody serves; " + replica.command("prim") + " on the node of your choice");
        });
        procedures.start(undo, nowMs);
    }

    /** Directly after OpenPrimary: mirror to the peer's wish without a copy, or wait until the peer stands back. */
    private void resume(Procedure procedure, long peerRequest, boolean peerHasAll) {
        boolean possible = replica.linkUp && peerRequest > replica.droppedRequest;
        if (possible) {
            replica.mirror = Mirror.EVERY_WRITE;
            replica.servedRequest = peerRequest;
            procedure.attemptNext(new Effect.ResumeMirror(replica.record.generation()));
        } else {
            loss.begin("mirroring to " + replica.names.peer() + " cannot go on", peerHasAll);
        }
    }

    /** The peer is not identical after all, or cannot be reached. */
    void resumeFailed(Problem problem) {
        loss.interrupt("mirroring was not resumed: " + problem.what());
    }

    /** As second: the primary handed over. */
    void takeOver(PeerMessage.TakeOver message, long nowMs) {
        boolean may = replica.procedure.isEmpty()
                && replica.state == State.SECOND
                && replica.readiness == Readiness.READY
                && replica.isUpToDate()
                && message.generation() == replica.record.generation();
        if (!may) {
            replica.tell(new PeerMessage.TakeOverFailed(
                    replica.names.node() + " is " + replica.state + " " + replica.readiness + ": " + replica.reason,
                    !replica.state.isPrimary(),
                    0));
            return;
        }
        replica.peer = replica.peer.map(peer -> peer.with(State.SECOND, Readiness.TRANSIENT, message.request()));
        replica.request = 0;
        replica.promotable = false;
        replica.peerReturned = false;
        replica.transitionTo(State.PRIM, Readiness.TRANSIENT, "swap: taking over from " + replica.names.peer());
        replica.persist(replica.record.withLastRole(LastRole.PRIM));
        Procedure procedure =
                new Procedure("taking over", true).then(new Effect.CloseSecond(), new Effect.OpenPrimary(true));
        procedure.think(() -> resume(procedure, message.request(), true));
        procedure.awaitMirror().then(new Effect.AcquireAddresses(), new Effect.StartApplication());
        procedure.whenDone(() -> {
            becomeServing("serves since a swap");
            replica.tell(new PeerMessage.TakeOverDone());
        });
        procedure.whenFailed(problem -> handBack(procedure, problem, nowMs));
        procedures.start(procedure, nowMs);
    }

    private void handBack(Procedure failed, Problem problem, long nowMs) {
        Procedure undo = new Procedure("handing back", false);
        primary.undoServing(undo, failed);
        undo.think(() -> {
            loss.dropMirror();
            if (replica.record.lastRole() == LastRole.PRIM) {
                replica.persist(replica.record.withLastRole(LastRole.SECOND));
            }
        });
        undo.attempt(new Effect.OpenSecond());
        undo.whenDone(() -> {
            boolean opened = replica.opened == Opened.SECOND;
            boolean second = opened && replica.record.lastRole() == LastRole.SECOND;
            int endingProblems = undo.problems().size() - (opened ? 0 : 1);
            boolean wentAlone = replica.record.lastRole() == LastRole.ALONE;
            boolean safe = endingProblems == 0 && !wentAlone;
            replica.identical = second && safe;
            if (second) {
                replica.makeRequest();
            }
            replica.blocked = true;
            replica.transitionTo(
                    second ? State.SECOND : State.WAIT, Readiness.NOT_READY, "taking over failed: " + problem.what());
            replica.tell(new PeerMessage.TakeOverFailed(problem.what(), safe, replica.request));
        });
        procedures.start(undo, nowMs);
    }

    void takeOverDone() {
        if (replica.handingOver) {
            replica.handingOver = false;
            replica.persist(replica.record.withLastRole(LastRole.SECOND));
            replica.transitionTo(State.SECOND, Readiness.TRANSIENT, replica.names.peer() + " serves since a swap");
            replica.answer(commandId, replica.names.peer() + " serves now");
            commandId = Optional.empty();
        }
    }

    void takeOverFailed(PeerMessage.TakeOverFailed message, long nowMs) {
        if (!replica.handingOver) {
            return;
        }
        Problem problem = new Problem(
                replica.names.peer() + " could not take over: " + message.reason(),
                "remove the cause on " + replica.names.peer() + ", then " + replica.command("swap"));
        if (message.safe() && replica.isUpToDate()) {
            replica.peer = replica.peer.map(peer -> peer.with(State.SECOND, Readiness.NOT_READY, message.request()));
            serveAgain(problem, true, nowMs);
        } else {
            replica.handingOver = false;
            replica.blocked = true;
            replica.request = 0;
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, problem.what() + "; it may still serve");
            refuseSwap(problem, "nobody else starts, for it may still serve; " + replica.override());
        }
    }

    /** The link went while the peer's answer was awaited: this node has all that the peer acknowledged, as a second has. */
    void linkDown() {
        if (replica.handingOver) {
            replica.handingOver = false;
            replica.request = 0;
            replica.identical = false;
            replica.promotable = true;
            String why = "the link was lost during a swap: " + replica.names.peer() + " may serve or not";
            replica.transitionTo(State.SECOND, Readiness.NOT_READY, why);
            refuseSwap(new Problem(why, "gemel state"), "whoever may serve does, by itself");
        }
    }
}
