package io.gemel.engine.cluster;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Optional;

/** When a command is refused, why, and what to type instead. Pure. */
final class Refusals {

    private Refusals() {}

    private static Optional<Problem> refuse(String what, String nextStep) {
        return Optional.of(new Problem(what, nextStep));
    }

    /** Of {@code prim} on a node that does not serve. */
    static Optional<Problem> ofPrim(Replica replica, Command command) {
        String node = replica.names.node();
        String peerName = replica.names.peer();
        String module = replica.names.module();
        Optional<PeerStatus> reachable = replica.reachablePeer();
        if (command.force() && command.reason().isBlank()) {
            return refuse("--force needs a reason, for the record", replica.override());
        }
        if (reachable.filter(PeerStatus::isPrimary).isPresent()) {
            boolean swap = replica.state == State.SECOND && replica.readiness == Readiness.READY;
            return refuse(
                    peerName + " is " + reachable.get().state() + ": it serves " + module,
                    swap ? replica.command("swap") : replica.command("stop") + " --node " + peerName);
        }
        if (!replica.missing.isEmpty()) {
            return refuse(
                    module + " does not serve on " + node + " without what it needs: " + replica.missing,
                    "bring that back; " + replica.command("start") + " waits for it");
        }
        if (command.force()) {
            return Optional.empty();
        }
        if (replica.heardPeer().filter(PeerStatus::isPrimary).isPresent()) {
            return refuse(
                    peerName + " is heard and serves " + module + ", though there is no link to it",
                    "see why there is no link (gemel state), or " + replica.command("stop") + " on " + peerName);
        }
        return ofData(replica, reachable, node, peerName);
    }

    /** Of {@code prim} that neither the peer nor the witness agrees to. */
    static Problem ofWitness(Replica replica, String reason) {
        String peerName = replica.names.peer();
        return new Problem(
                replica.names.node() + " may not serve without " + peerName + ", which is not reachable: " + reason,
                "bring " + peerName + " or the witness back, or, if it is certain that " + peerName
                        + " does not serve: " + replica.override());
    }

    /** Of {@code prim} on a node that was PRIM, which needs an exact yes. */
    static Problem ofLastPrimary(Replica replica, String reason) {
        String peerName = replica.names.peer();
        return new Problem(
                replica.names.node() + " was PRIM when it ended, and " + peerName
                        + " is not reachable: it may have served since (" + reason + ")",
                "bring " + peerName + " back, or, if it never served since, " + replica.override());
    }

    private static Optional<Problem> ofData(
            Replica replica, Optional<PeerStatus> reachable, String node, String peerName) {
        ReplicaRecord own = replica.record;
        String other = replica.command("prim") + " on " + peerName + ", or, to serve from this data all the same, "
                + replica.override();
        if (reachable.filter(peer -> hasAllAcknowledged(replica, peer)).isPresent()) {
            return Optional.empty();
        }
        if (own.dataStatus() == DataStatus.INCONSISTENT) {
            String kept = replica.snapshotSince.isEmpty()
                    ? ""
                    : "; its whole state of " + replica.snapshotSince + " is kept, and --force puts that back";
            return refuse("the data on " + node + " is INCONSISTENT: a copy was under way or failed" + kept, other);
        }
        if (own.neverSynced() && reachable.filter(Refusals::hasData).isPresent()) {
            return refuse(
                    "the data on " + node + " was never part of this module, and " + peerName + " has its data", other);
        }
        if (own.neverSynced() && own.lastRole() != LastRole.NONE && reachable.isEmpty()) {
            return refuse("the data on " + node + " was given up by gemel second, and no copy was received yet", other);
        }
        if (!own.neverSynced()
                && own.dataStatus() == DataStatus.OUTDATED
                && reachable.filter(peer -> isNoNewer(replica, peer)).isEmpty()) {
            return refuse("the data on " + node + " is OUTDATED: " + peerName + " has newer data", other);
        }
        if (own.lastRole() == LastRole.PRIM && reachable.isEmpty() && !replica.isWhole()) {
            return Optional.of(ofLastPrimary(replica, "and what its machine lost may be there only"));
        }
        if (reachable.isEmpty() && own.peerWentOn() && own.lastRole() == LastRole.ALONE) {
            return refuse(
                    peerName + " had newer or other data when it was heard last, and is not reachable",
                    "bring " + peerName + " back, or, to serve without what only " + peerName + " has, "
                            + replica.override());
        }
        if (reachable.filter(peer -> hasWhatWasLost(replica, peer)).isPresent()) {
            return refuse(
                    node + " lost power when it was " + own.lastRole() + ", and " + peerName
                            + " has every acknowledged write",
                    other);
        }
        if (reachable.isPresent() && hasData(reachable.get())) {
            return switch (Relation.of(own, reachable.get())) {
                case PEER_NEWER -> refuse("the data on " + peerName + " is newer than on " + node, other);
                case DIVERGED ->
                    refuse(
                            "two histories: " + node + " and " + peerName + " each hold data that the other lacks",
                            other);
                default -> Optional.empty();
            };
        }
        return Optional.empty();
    }

    /**
     * Whether the peer was PRIM last and lost power, and all that it had acknowledged is here: as long as it has not
     * begun a history of its own, it acknowledged nothing that was not here.
     */
    static boolean hasAllAcknowledged(Replica replica, PeerStatus peer) {
        ReplicaRecord own = replica.record;
        return peer.lastRole() == LastRole.PRIM
                && !peer.whole()
                && own.lastRole() == LastRole.SECOND
                && replica.isWhole()
                && !own.neverSynced()
                && own.dataStatus() != DataStatus.INCONSISTENT
                && Relation.of(own, peer) == Relation.SAME;
    }

    /**
     * Whether the peer's data does not go on where this node's ends, and was given up as well, or lost with its machine's
     * memory: of the same generation, this node has all that was acknowledged.
     */
    private static boolean isNoNewer(Replica replica, PeerStatus peer) {
        Relation relation = Relation.of(replica.record, peer);
        boolean lost = relation == Relation.SAME && !peer.whole() && replica.isWhole();
        return lost
                || (peer.dataStatus() != DataStatus.UP_TO_DATE
                        && (relation == Relation.SAME || relation == Relation.PEER_OLDER));
    }

    /** Whether this node lost what was in its machine's memory, and the peer, which mirrored it or was mirrored, did not. */
    static boolean hasWhatWasLost(Replica replica, PeerStatus peer) {
        return !replica.isWhole()
                && peer.whole()
                && peer.dataStatus() != DataStatus.INCONSISTENT
                && Relation.of(replica.record, peer) == Relation.SAME;
    }

    private static boolean hasData(PeerStatus peer) {
        return peer.generation() != 0 && peer.dataStatus() == DataStatus.UP_TO_DATE;
    }

    /** Of {@code second} on any node. */
    static Optional<Problem> ofSecond(Replica replica, Command command) {
        if (command.force() && command.reason().isBlank()) {
            return refuse(
                    "--force needs a reason, for the record", replica.command("second") + " --force --reason \"...\"");
        }
        // One that is about to stop serving from what this node replaced is nobody to follow.
        boolean follows = replica.reachablePeer()
                .filter(PeerStatus::isPrimary)
                .filter(peer -> replica.record.neverSynced()
                        || Relation.of(replica.record, peer) != Relation.PEER_OLDER
                        || !replica.isUpToDate())
                .isPresent();
        if (follows || (command.force() && !replica.state.isPrimary())) {
            return Optional.empty();
        }
        if (!replica.state.isPrimary()) {
            return ofGivingUp(replica);
        }
        String node = replica.names.node();
        return replica.state == State.PRIM
                ? refuse(node + " serves " + replica.names.module(), replica.command("swap"))
                : refuse(
                        node + " is the only one that serves " + replica.names.module(),
                        replica.command("second") + " on " + replica.names.peer() + ", or first "
                                + replica.command("stop"));
    }

    /** Of giving up data that may be nowhere else. */
    private static Optional<Problem> ofGivingUp(Replica replica) {
        ReplicaRecord own = replica.record;
        boolean served = own.lastRole() == LastRole.ALONE || own.lastRole() == LastRole.PRIM;
        if (!served || own.neverSynced() || own.dataStatus() != DataStatus.UP_TO_DATE) {
            return Optional.empty();
        }
        Optional<PeerStatus> peer = replica.reachablePeer();
        boolean elsewhere = peer.filter(Refusals::hasData)
                .map(status -> Relation.of(own, status))
                .filter(relation -> relation != Relation.PEER_OLDER)
                .isPresent();
        String name = replica.names.peer();
        return elsewhere
                ? Optional.empty()
                : refuse(
                        replica.names.node() + " was " + own.lastRole() + " last, and "
                                + (peer.isPresent() ? name + " lacks what it has" : name + " is not reachable")
                                + ": what was acknowledged here may be nowhere else",
                        (peer.isPresent() ? replica.command("start") : "bring " + name + " back")
                                + ", or, to give it up, " + replica.command("second") + " --force --reason \"...\"");
    }

    /** Of {@code swap} on the primary's side. */
    static Optional<Problem> ofSwap(Replica replica) {
        String peerName = replica.names.peer();
        if (replica.state != State.PRIM || replica.mirror != Replica.Mirror.EVERY_WRITE) {
            return refuse(
                    replica.names.node() + " is " + replica.state + ": a swap needs PRIM READY and SECOND READY",
                    replica.state == State.ALONE
                            ? replica.command("second") + " on " + peerName + " and wait for its copy"
                            : "gemel state");
        }
        if (replica.reachablePeer().filter(PeerStatus::isReadySecond).isEmpty()) {
            return refuse(peerName + " is not SECOND READY", "gemel state shows why; try again then");
        }
        String obstacle = replica.reachablePeer().map(PeerStatus::obstacle).orElse("");
        if (!obstacle.isEmpty()) {
            return refuse("no client would reach " + peerName + ": " + obstacle, "mend that on " + peerName);
        }
        return Optional.empty();
    }

    /** Of {@code start}. */
    static Optional<Problem> ofStart(Replica replica) {
        return replica.record.lastRole() == LastRole.NONE
                ? refuse(
                        replica.names.module() + " never ran on " + replica.names.node()
                                + ", so it is not known which node has the data",
                        replica.command("prim") + " on the node that has the data, " + replica.command("second")
                                + " on the other")
                : Optional.empty();
    }
}
