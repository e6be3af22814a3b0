package io.gemel.engine.cluster;

import io.gemel.engine.cluster.Replica.Opened;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Optional;

/** Being WAIT or SECOND: waiting for a primary, receiving its data, and deciding whether this node may serve by itself. */
final class SecondDuty {

    /** How long a second whose copy failed waits before it asks for another by itself. */
    static final long COPY_RETRY_MS = 60_000;

    private final Replica replica;
    private final Procedures procedures;
    private final PrimaryDuty primary;
    private final Arbiter arbiter;

    SecondDuty(Replica replica, Procedures procedures, PrimaryDuty primary, Arbiter arbiter) {
        this.replica = replica;
        this.procedures = procedures;
        this.primary = primary;
        this.arbiter = arbiter;
    }

    /** A primary that lost its mirror asks whether this node holds durably that its data may be old from now on. */
    void standBack() {
        Optional<PeerStatus> asking = replica.heardPeer()
                .filter(peer -> peer.isPrimary() && peer.outdating() != 0 && peer.outdating() != replica.outdatedFor);
        if (replica.state.isPrimary() || asking.isEmpty()) {
            return;
        }
        if (ownDataMatters()) {
            if (!isHistoryOf(asking.get())) {
                return;
            }
            replica.persist(replica.record.withDataStatus(DataStatus.OUTDATED));
        }
        replica.promotable = false;
        replica.consented = false;
        replica.outdatedFor = asking.get().outdating();
    }

    private boolean ownDataMatters() {
        return replica.isUpToDate() && !replica.record.neverSynced();
    }

    private boolean isHistoryOf(PeerStatus peer) {
        Relation relation = Relation.of(replica.record, peer);
        return relation == Relation.SAME || relation == Relation.PEER_NEWER;
    }

    /** The peer is about to serve with this node's consent: what is here may be old from now on, also after a restart. */
    void consent(PeerStatus peer) {
        replica.promotable = false;
        if (ownDataMatters() && isHistoryOf(peer)) {
            replica.persist(replica.record.withDataStatus(DataStatus.OUTDATED));
            replica.consented = true;
        }
    }

    /** The peer does not serve after all, and never wrote. */
    private void takeConsentBack(PeerStatus peer) {
        boolean same = Relation.of(replica.record, peer) == Relation.SAME;
        if (replica.consented && same && replica.record.dataStatus() == DataStatus.OUTDATED) {
            replica.persist(replica.record.withDataStatus(DataStatus.UP_TO_DATE));
        }
        replica.consented = false;
    }

    /**
     * After this node stood still: the primary says that each write still comes here, and so long after that it cannot have
     * said so before.
     */
    void confirm(PeerStatus peer, long nowMs) {
        boolean mirrored = replica.request != 0 && peer.mirrored() == replica.request;
        if (mirrored
                && replica.state == State.SECOND
                && replica.readiness == Readiness.READY
                && replica.isUpToDate()
                && nowMs >= replica.decideFromMs) {
            replica.promotable = true;
        }
    }

    /** What a node that does not serve does when something changed and nothing is on its way. */
    void settle(long nowMs) {
        if (replica.record.lastRole() == LastRole.ALONE) {
            replica.heardPeer().ifPresent(peer -> replica.persist(replica.record.withPeerWentOn(wentOn(peer))));
        }
        if (replica.handingOver) {
            return;
        }
        Optional<PeerStatus> reachable = replica.reachablePeer();
        if (reachable.isEmpty()) {
            if (!replica.linkUp) {
                withoutPeer(nowMs);
            }
        } else if (reachable.get().isPrimary()) {
            withPrimary(reachable.get(), nowMs);
        } else {
            withoutPrimary(reachable.get(), nowMs);
        }
    }

    private void withoutPeer(long nowMs) {
        String peer = replica.names.peer();
        boolean complete = replica.promotable || replica.hadAllWhenLost;
        if (complete && replica.isUpToDate() && replica.opened == Opened.SECOND) {
            outOfTouch(nowMs);
            return;
        }
        switch (replica.record.lastRole()) {
            case ALONE -> {
                Optional<PeerStatus> newer = replica.heardPeer().filter(this::wentOn);
                if (newer.isPresent()) {
                    waitFor(peer + " is " + newer.get().state()
                            + ", its data is newer or another, and there is no link to it yet");
                } else if (replica.record.peerWentOn()) {
                    waitFor(peer + " is lost, and its data was newer or another: waits for " + peer
                            + "; to serve without what only " + peer + " has: " + replica.override());
                } else if (mayStartByItself()) {
                    primary.promote(Optional.empty(), "it served alone last; " + peer + " is not reachable", nowMs);
                } else {
                    waitForClients();
                }
            }
            case PRIM -> servedWithPeer(nowMs);
            case SECOND -> beIdleSecond(peer + " is not reachable", nowMs);
            case NONE -> waitFor("it never ran here");
        }
    }

    /** The link is gone, and all that was acknowledged is here, unless the primary says otherwise. */
    private void outOfTouch(long nowMs) {
        String peer = replica.names.peer();
        replica.request = 0;
        replica.identical = false;
        boolean stoodDown = peerStoodDown();
        if (!stoodDown && !replica.peerIsLost(nowMs)) {
            String known = replica.contact == Replica.Contact.HEARD ? " is heard" : " may be there";
            replica.transitionTo(
                    State.SECOND, Readiness.NOT_READY, "the link is lost, but " + peer + known + ": waits for it");
            return;
        }
        String why = stoodDown
                ? peer + " stopped serving, and there is no link to it"
                : peer + " is lost (" + replica.silence + ")";
        if (!replica.obstacle.isEmpty()) {
            replica.transitionTo(
                    State.SECOND,
                    Readiness.NOT_READY,
                    why + ", but no client would reach this node (" + replica.obstacle + "): waits for " + peer);
            return;
        }
        arbiter.ask(nowMs).ifPresent(verdict -> {
            boolean mayServe = verdict.granted() && (replica.promotable || stoodDown || verdict.exact());
            if (mayServe && !replica.blocked) {
                primary.promote(
                        Optional.empty(), verdict.exact() ? why + ", and " + verdict.reason() : why, true, nowMs);
                return;
            }
            replica.hadAllWhenLost = true;
            replica.promotable = false;
            String obstacle = replica.blocked
                    ? "the application did not start here"
                    : verdict.granted() ? peer + " may have been let through before" : verdict.reason();
            waitFor(why + ", but it does not take over: " + obstacle + "; waits for " + peer + ", or a person: "
                    + replica.command("prim"));
            arbiter.askAgain(nowMs);
        });
    }

    /**
     * Whether the primary, which had its mirror here until the link was lost, is heard and does not serve: it has not gone
     * on alone either, for then its generation would be another, and it cannot begin again without this node.
     */
    boolean peerStoodDown() {
        return replica.heardPeer()
                .filter(peer -> peer.state() == State.WAIT
                        && peer.readiness() == Readiness.NOT_READY
                        && peer.lastRole() == LastRole.PRIM
                        && Relation.of(replica.record, peer) == Relation.SAME)
                .isPresent();
    }

    /** It lacks nothing unless the peer served since, and whether that may be, only an exact witness knows. */
    private void servedWithPeer(long nowMs) {
        String peer = replica.names.peer();
        String why = "it was PRIM when it ended, and " + peer + ", that had the same data, may have served since";
        String until = ": waits for " + peer + ". If " + peer + " never served since: " + replica.override();
        if (!replica.isWhole()) {
            waitFor("its machine lost power when it was PRIM, and " + peer
                    + " may have what was lost, and may have served since" + until);
        } else if (!mayStartByItself() || !replica.peerIsLost(nowMs)) {
            waitFor(why + until);
        } else {
            arbiter.ask(nowMs).ifPresent(verdict -> {
                if (verdict.granted() && verdict.exact()) {
                    String served = "it was PRIM last; " + peer + " is lost (" + replica.silence + "), and ";
                    primary.promote(Optional.empty(), served + verdict.reason(), true, nowMs);
                } else {
                    waitFor(why + (verdict.granted() ? "" : " (" + verdict.reason() + ")") + until);
                    arbiter.askAgain(nowMs);
                }
            });
        }
    }

    private boolean wentOn(PeerStatus peer) {
        Relation relation = Relation.of(replica.record, peer);
        return peer.isPrimary() || relation == Relation.PEER_NEWER || relation == Relation.DIVERGED;
    }

    private boolean mayStartByItself() {
        return !replica.blocked && replica.isUpToDate() && replica.obstacle.isEmpty();
    }

    private void waitForClients() {
        if (!replica.obstacle.isEmpty()) {
            waitFor(
                    replica.missing.isEmpty()
                            ? "no client would reach it: " + replica.obstacle
                            : "waits: " + replica.obstacle);
        }
    }

    private void waitFor(String why) {
        replica.request = 0;
        if (!replica.blocked) {
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, why);
        }
    }

    /** There is no primary: a second that held a copy waits with it; one that was just started is an idle second. */
    private void beIdleSecond(String why, long nowMs) {
        if (replica.opened != Opened.SECOND) {
            open(nowMs, why);
            return;
        }
        boolean lost = replica.request != 0;
        replica.request = 0;
        replica.identical = false;
        if (lost || replica.state == State.WAIT) {
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, why + "; " + howToServe());
        } else if (nowMs >= replica.nextRequestMs) {
            boolean isOnItsOwn = !replica.linkUp && !replica.record.neverSynced();
            replica.transitionTo(
                    State.SECOND,
                    Readiness.NOT_READY,
                    "waits for a primary: " + why + (isOnItsOwn ? "; " + howToServe() : ""));
        }
    }

    /** What a person may do who knows that no primary comes. */
    private String howToServe() {
        return replica.isUpToDate()
                ? "its data is whole but may be old by now; to serve from here: " + replica.command("prim")
                : "its data is " + replica.record.dataStatus() + "; to serve from it all the same: "
                        + replica.override();
    }

    private void open(long nowMs, String why) {
        if (nowMs < replica.nextRequestMs) {
            return;
        }
        Procedure procedure = new Procedure("becoming second", true).then(new Effect.OpenSecond());
        procedure.whenDone(
                () -> replica.transitionTo(State.SECOND, Readiness.NOT_READY, "waits for a primary: " + why));
        procedure.whenFailed(problem -> openFailed(problem, nowMs));
        procedures.start(procedure, nowMs);
    }

    private void openFailed(Problem problem, long nowMs) {
        replica.nextRequestMs = nowMs + COPY_RETRY_MS;
        replica.request = 0;
        replica.transitionTo(
                State.WAIT,
                Readiness.NOT_READY,
                problem.what() + "; tries again, or at once by " + replica.command("second"));
    }

    private void withPrimary(PeerStatus peer, long nowMs) {
        if (replica.request == 0 && peer.readiness() != Readiness.READY) {
            return; // It is starting or stopping: what it says of its data may be about to change.
        }
        if (ownDataMatters() && !isHistoryOf(peer)) {
            replica.request = 0;
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, twoHistories());
            return;
        }
        if (replica.opened != Opened.SECOND) {
            open(nowMs, "asks " + replica.names.peer());
        } else if (replica.request == 0) {
            ask(nowMs);
        } else if (peer.dropped() >= replica.request) {
            dropped(peer, nowMs);
        } else if (replica.copyComplete && peer.served() == replica.request) {
            replica.copyComplete = false;
            replica.persist(replica.record.copied(peer.generation()));
            beReady("holds each write of " + replica.names.peer());
        } else if (replica.identical && peer.mirrored() == replica.request) {
            replica.identical = false;
            beReady("holds each write of " + replica.names.peer());
        }
    }

    private String twoHistories() {
        return NodeState.TWO_HISTORIES + ": " + replica.names.peer()
                + " serves other data than this node's; nothing is discarded. Choose the node whose data goes on: "
                + replica.command("resolve") + " --keep " + replica.names.node() + " (or " + replica.names.peer() + ")";
    }

    private void ask(long nowMs) {
        if (nowMs < replica.nextRequestMs) {
            return;
        }
        if (replica.reopenBeforeRequest) {
            replica.reopenBeforeRequest = false;
            Procedure procedure = new Procedure("becoming second again", true)
                    .then(new Effect.CloseSecond(), new Effect.OpenSecond())
                    .whenFailed(problem -> openFailed(problem, nowMs));
            procedures.start(procedure, nowMs);
            return;
        }
        replica.promotable = false;
        replica.consented = false;
        if (replica.isUpToDate()) {
            // Whole, but the primary has gone on.
            replica.persist(replica.record.withDataStatus(DataStatus.OUTDATED).withLastRole(LastRole.SECOND));
        }
        replica.makeRequest();
        replica.identical = false;
        replica.transitionTo(State.SECOND, Readiness.TRANSIENT, "waits for the copy from " + replica.names.peer());
    }

    private void dropped(PeerStatus peer, long nowMs) {
        boolean wasReady = replica.readiness == Readiness.READY || replica.identical;
        replica.request = 0;
        replica.identical = false;
        replica.promotable = false;
        replica.nextRequestMs = Math.max(replica.nextRequestMs, nowMs + COPY_RETRY_MS);
        replica.reopenBeforeRequest = true;
        if (wasReady && replica.isUpToDate()) {
            replica.persist(replica.record.withDataStatus(DataStatus.OUTDATED));
        }
        if (replica.readiness != Readiness.NOT_READY) {
            replica.transitionTo(
                    State.SECOND,
                    Readiness.NOT_READY,
                    peer.reason() + "; asks for a copy again in a minute, or at once by " + replica.command("second"));
        }
    }

    private void withoutPrimary(PeerStatus peer, long nowMs) {
        takeConsentBack(peer);
        String name = replica.names.peer();
        Relation relation = Relation.of(replica.record, peer);
        boolean otherData = relation == Relation.DIVERGED && peer.dataStatus() == DataStatus.UP_TO_DATE;
        boolean behind = relation == Relation.PEER_NEWER || otherData;
        switch (replica.record.lastRole()) {
            case ALONE -> {
                if (behind) {
                    waitFor(
                            relation == Relation.DIVERGED
                                    ? NodeState.TWO_HISTORIES + ": this node and " + name
                                            + " each hold data that the other lacks; choose the node whose data goes on: "
                                            + replica.command("resolve") + " --keep " + replica.names.node() + " (or "
                                            + name + ")"
                                    : name + " holds newer data and does not serve");
                } else if (mayStartByItself()) {
                    primary.promote(Optional.empty(), "it served alone last; " + name + " holds nothing newer", nowMs);
                } else {
                    waitForClients();
                }
            }
            case PRIM -> {
                boolean peerNeverServed = peer.lastRole() == LastRole.SECOND
                        && (relation == Relation.SAME || relation == Relation.PEER_OLDER);
                if (peerNeverServed && Refusals.hasWhatWasLost(replica, peer)) {
                    waitFor("its machine lost power when it was PRIM, and " + name
                            + " has every acknowledged write: waits until " + name + " serves; if it is not started: "
                            + replica.command("prim") + " there");
                } else if (peerNeverServed && mayStartByItself()) {
                    primary.promote(Optional.empty(), "it was PRIM last; " + name + " did not serve since", nowMs);
                } else if (peerNeverServed && !replica.obstacle.isEmpty()) {
                    waitForClients();
                } else {
                    waitFor("it was PRIM last, and "
                            + (behind ? name + " has other or newer data" : "so was " + name)
                            + ": choose by " + replica.command("prim") + " on the node whose data is to go on");
                }
            }
            case SECOND -> {
                if (replica.identical && peer.state() == State.SECOND && peer.lastRole() == LastRole.PRIM) {
                    return; // It serves again after a swap that failed, and needs no copy for that.
                }
                boolean lostPower = peer.state() == State.WAIT && Refusals.hasAllAcknowledged(replica, peer);
                boolean serves = lostPower || standsAside(peer);
                if (serves && !replica.obstacle.isEmpty()) {
                    waitForClients();
                } else if (serves && !replica.blocked) {
                    primary.promote(
                            Optional.empty(),
                            name + (lostPower ? " lost power when it was PRIM" : " was PRIM and waits")
                                    + "; every acknowledged write is here",
                            nowMs);
                } else {
                    beIdleSecond(name + " is " + peer.state(), nowMs);
                }
            }
            case NONE -> waitFor("it never ran here");
        }
    }

    /** Whether it stopped serving over a link that stands, because it lacks what the module needs. */
    private boolean standsAside(PeerStatus peer) {
        return replica.promotable
                && replica.isUpToDate()
                && peer.obstacle().startsWith(Replica.MISSING)
                && peerStoodDown();
    }

    private void beReady(String why) {
        replica.persist(replica.record.inMemoryOf(replica.names.boot()));
        replica.blocked = false;
        replica.nextRequestMs = 0;
        replica.promotable = true;
        replica.transitionTo(State.SECOND, Readiness.READY, why);
    }

    void copyStarted() {
        if (replica.opened == Opened.SECOND) {
            replica.identical = false;
            replica.copyComplete = false;
            replica.promotable = false;
            replica.persist(replica.record.withDataStatus(DataStatus.INCONSISTENT));
            if (replica.procedure.isEmpty()) {
                replica.transitionTo(
                        State.SECOND, Readiness.TRANSIENT, "receives the copy from " + replica.names.peer());
            }
        }
    }

    void copyReceived() {
        replica.copyComplete = replica.opened == Opened.SECOND
                && replica.request != 0
                && replica.record.dataStatus() == DataStatus.INCONSISTENT;
    }

    void applyFailed(String why, long nowMs) {
        if (replica.opened != Opened.SECOND) {
            return;
        }
        replica.persist(replica.record.withDataStatus(DataStatus.INCONSISTENT));
        replica.request = 0;
        replica.identical = false;
        replica.promotable = false;
        replica.reopenBeforeRequest = true;
        replica.nextRequestMs = nowMs + COPY_RETRY_MS;
        if (replica.procedure.isEmpty()) {
            replica.transitionTo(
                    State.SECOND,
                    Readiness.NOT_READY,
                    why + "; asks for a copy again in a minute, or at once by " + replica.command("second"));
        }
    }
}
