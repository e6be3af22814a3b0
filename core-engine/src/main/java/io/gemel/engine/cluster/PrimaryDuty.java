package io.gemel.engine.cluster;

import io.gemel.engine.cluster.Replica.Mirror;
import io.gemel.engine.cluster.Replica.Opened;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Optional;

/** Becoming and being primary: ALONE and PRIM, the mirror to the peer, stopping. */
final class PrimaryDuty {

    private final Replica replica;
    private final Procedures procedures;
    private final PeerLoss loss;
    private final boolean keepsAddresses;

    /** What goes back into the record when a promotion fails. */
    private ReplicaRecord before;

    /** @param keepsAddresses whether this node, if both serve, is the one that keeps the virtual IPs */
    PrimaryDuty(Replica replica, Procedures procedures, PeerLoss loss, boolean keepsAddresses) {
        this.replica = replica;
        this.procedures = procedures;
        this.loss = loss;
        this.keepsAddresses = keepsAddresses;
        this.before = replica.record;
    }

    /** Becomes ALONE where the peer has no addresses; the caller made sure that it may. */
    void promote(Optional<String> commandId, String why, long nowMs) {
        promote(commandId, why, false, nowMs);
    }

    /**
     * Becomes ALONE; the caller made sure that it may.
     *
     * @param takesOver whether the peer may still have the addresses
     */
    void promote(Optional<String> commandId, String why, boolean takesOver, long nowMs) {
        before = replica.record;
        replica.restored = "";
        replica.promotable = false;
        replica.peerReturned = false;
        replica.yielded = false;
        replica.transitionTo(State.ALONE, Readiness.TRANSIENT, "becoming primary: " + why);
        Procedure procedure = new Procedure("becoming primary", true).askPeer();
        boolean isSecond = replica.opened == Opened.SECOND;
        if (before.dataStatus() == DataStatus.INCONSISTENT) {
            // Until that is done, the record is to say that what is here is no whole state.
            if (isSecond) {
                procedure.then(new Effect.CloseSecond());
            }
            procedure.then(new Effect.RestoreSnapshot());
            procedure.think(this::writeAlone);
        } else {
            procedure.think(this::writeAlone);
            if (isSecond) {
                procedure.then(new Effect.CloseSecond(takesOver));
            }
        }
        procedure.then(
                new Effect.OpenPrimary(false), new Effect.AcquireAddresses(takesOver), new Effect.StartApplication());
        procedure.whenDone(() -> {
            String all = replica.restored.isEmpty() ? why : why + "; " + replica.restored;
            replica.transitionTo(State.ALONE, Readiness.READY, all);
            replica.answer(commandId, replica.names.node() + " is ALONE: " + all);
        });
        procedure.whenFailed(problem -> undoPromotion(procedure, commandId, problem, nowMs));
        procedures.start(procedure, nowMs);
    }

    /** Goes on where an engine died that served: its mirror, if it had one, is as if the link were lost just now. */
    void resume() {
        replica.opened = Opened.PRIMARY;
        replica.addressesOwed = true;
        String why = "the engine of " + replica.names.node() + " was replaced";
        if (replica.record.lastRole() == LastRole.PRIM) {
            replica.unheardSinceResumed = true;
            replica.mirror = Mirror.COPY;
            loss.interrupt(why);
        } else {
            replica.transitionTo(State.ALONE, Readiness.READY, "serves alone: " + why);
        }
    }

    private void writeAlone() {
        replica.persist(replica.record.writingAlone(replica.freshGeneration.getAsLong()));
    }

    /** What was INCONSISTENT may be whole again. */
    void snapshotRestored(Event.SnapshotRestored restored) {
        replica.restored = restored.how();
        replica.snapshotSince = "";
        replica.emit(new Effect.LogEvent(restored.how()));
        if (restored.found()) {
            before = before.withDataStatus(DataStatus.OUTDATED);
        }
    }

    private void undoPromotion(Procedure failed, Optional<String> commandId, Problem problem, long nowMs) {
        boolean nothingDone = !failed.hasBegun(Effect.OpenPrimary.class) && !failed.hasBegun(Effect.CloseSecond.class);
        Procedure undo = new Procedure("undoing the start", false);
        undoServing(undo, failed);
        undo.whenDone(() -> {
            if (!failed.hasBegun(Effect.AcquireAddresses.class)) {
                // Nobody wrote: this node's history did not change.
                replica.persist(nothingDone ? before : before.withStarted(true));
            }
            loss.dropMirror();
            replica.blocked = !nothingDone && replica.obstacle.isEmpty();
            if (nothingDone && !before.started()) {
                replica.transitionTo(State.STOP, Readiness.READY, "not started: " + problem.what());
            } else {
                replica.transitionTo(State.WAIT, Readiness.NOT_READY, problem.what());
            }
            replica.refuse(commandId, problem);
        });
        procedures.start(undo, nowMs);
    }

    /** The steps that end whatever the failed procedure began of serving. */
    void undoServing(Procedure undo, Procedure failed) {
        if (failed.hasBegun(Effect.StartApplication.class)) {
            undo.attempt(new Effect.StopApplication());
        }
        if (failed.hasBegun(Effect.AcquireAddresses.class)) {
            undo.attempt(new Effect.ReleaseAddresses());
        }
        if (replica.opened == Opened.PRIMARY) {
            undo.attempt(new Effect.ClosePrimary(false));
        }
    }

    /** What a primary does when something changed and nothing is on its way. */
    void settle(long nowMs) {
        if (replica.yielded && !replica.peerServes()) {
            takeAddressesBack(nowMs);
            return;
        }
        if (replica.opened != Opened.PRIMARY || replica.goAloneOwed || replica.mirror == Mirror.INTERRUPTED) {
            return;
        }
        if (replica.addressesOwed) {
            replica.addressesOwed = false;
            replica.emit(new Effect.KeepAddresses());
        }
        Optional<PeerStatus> reachable = replica.reachablePeer();
        if (reachable.isEmpty()) {
            return;
        }
        PeerStatus peer = reachable.get();
        if (replica.mirror != Mirror.NOTHING) {
            if (peer.state() != State.SECOND || peer.request() != replica.servedRequest) {
                loss.interrupt(replica.names.peer() + " is " + peer.state() + ": " + peer.reason());
            }
            return;
        }
        if (peer.state() == State.SECOND && peer.request() > replica.droppedRequest) {
            startSync(peer);
        } else if (peer.isPrimary()) {
            besideAnotherPrimary(peer, nowMs);
        } else {
            replica.swapTried = replica.swapTried && peer.state() != State.STOP;
            replica.transitionTo(
                    State.ALONE, Readiness.READY, "serves alone: " + replica.names.peer() + " is " + peer.state());
        }
    }

    /** One that was replaced without knowing it yet has nothing of its own. */
    private void besideAnotherPrimary(PeerStatus peer, long nowMs) {
        if (Relation.of(replica.record, peer) != Relation.PEER_OLDER) {
            twoHistories(nowMs);
            return;
        }
        replica.transitionTo(
                State.ALONE,
                Readiness.READY,
                "serves alone: " + replica.names.peer()
                        + " served before, has nothing that is not here, and stops as it hears of it");
    }

    /** Clients are to find the same node each time: the addresses stay with one, and neither asks who is first. */
    private void twoHistories(long nowMs) {
        if (!keepsAddresses && !replica.yielded) {
            replica.yielded = true;
            procedures.start(
                    new Procedure("leaving the addresses to " + replica.names.peer(), false)
                            .attempt(new Effect.ReleaseAddresses()),
                    nowMs);
            return;
        }
        String addresses = replica.yielded ? "; the addresses are left to " + replica.names.peer() : "";
        replica.transitionTo(
                State.ALONE,
                Readiness.READY,
                NodeState.TWO_HISTORIES + ": " + replica.names.peer()
                        + " serves too; nothing is discarded" + addresses + ". Choose the node whose data goes on: "
                        + replica.command("resolve") + " --keep " + replica.names.node() + " (or "
                        + replica.names.peer()
                        + ")");
    }

    private void takeAddressesBack(long nowMs) {
        replica.yielded = false;
        procedures.start(
                new Procedure("taking the addresses back", false).attempt(new Effect.AcquireAddresses(true)), nowMs);
    }

    private void startSync(PeerStatus peer) {
        // The peer may hold everything before this node hears of it: from now on it may have a successor.
        replica.persist(replica.record.withLastRole(LastRole.PRIM));
        replica.mirror = Mirror.COPY;
        replica.servedRequest = peer.request();
        replica.transitionTo(State.ALONE, Readiness.READY, "serves; brings " + replica.names.peer() + " up to date");
        replica.emit(new Effect.StartSync(replica.record.generation()));
    }

    void syncBegan(String how) {
        if (replica.mirror == Mirror.COPY && replica.procedure.isEmpty()) {
            replica.transitionTo(State.ALONE, Readiness.READY, "serves; to " + replica.names.peer() + ": " + how);
        }
    }

    void copyDone() {
        if (replica.mirror != Mirror.COPY) {
            return;
        }
        replica.persist(replica.record.shared());
        replica.mirror = Mirror.EVERY_WRITE;
        replica.peerReturned = !replica.swapTried;
        if (replica.procedure.isEmpty()) {
            replica.transitionTo(State.PRIM, Readiness.READY, "serves; each write is also on " + replica.names.peer());
        }
    }

    void linkDown(String why) {
        loss.interrupt("the link to " + replica.names.peer() + " is lost (" + why + ")");
        replica.droppedRequest = 0;
        if (replica.state == State.ALONE && replica.procedure.isEmpty() && replica.readiness == Readiness.READY) {
            replica.transitionTo(
                    State.ALONE, Readiness.READY, "serves alone: " + replica.names.peer() + " is lost (" + why + ")");
        }
    }

    void startSyncFailed(Problem problem) {
        loss.interrupt("the copy to " + replica.names.peer() + " did not start: " + problem.what());
    }

    /**
     * Ends serving or being second, in order, whatever fails on the way.
     *
     * @param keepStarted whether the next engine is to start the module again
     */
    void stop(Optional<String> commandId, boolean keepStarted, String why, long nowMs) {
        Procedure procedure = new Procedure("stopping", false);
        if (replica.state == State.SECOND && replica.peerServes()) {
            // The primary goes on without this node from now on.
            DataStatus then = replica.isUpToDate() ? DataStatus.OUTDATED : replica.record.dataStatus();
            replica.persist(replica.record.withDataStatus(then).withStarted(keepStarted));
            replica.tell(new PeerMessage.StopNotice(why));
        } else {
            replica.persist(replica.record.withStarted(keepStarted));
        }
        replica.transitionTo(replica.state, Readiness.TRANSIENT, "stopping: " + why);
        if (replica.opened == Opened.PRIMARY) {
            if (replica.mirror == Mirror.INTERRUPTED) {
                // The application could not end while its calls wait.
                procedure.attempt(new Effect.RefuseCalls());
            }
            procedure.attempt(
                    new Effect.StopApplication(), new Effect.ReleaseAddresses(), new Effect.ClosePrimary(false));
        } else if (replica.opened == Opened.SECOND) {
            procedure.attempt(new Effect.CloseSecond());
        }
        procedure.whenDone(() -> {
            loss.dropMirror();
            replica.promotable = false;
            replica.hadAllWhenLost = false;
            replica.request = 0;
            replica.handingOver = false;
            replica.blocked = false;
            String problems = String.join(
                    "; ", procedure.problems().stream().map(Problem::what).toList());
            replica.transitionTo(State.STOP, Readiness.READY, problems.isEmpty() ? why : why + ", but " + problems);
            replica.answer(
                    commandId,
                    replica.names.node() + " is stopped" + (problems.isEmpty() ? "" : ", with problems: " + problems));
        });
        procedures.start(procedure, nowMs);
    }
}
