package io.gemel.engine.cluster;

import io.gemel.engine.cluster.ModuleMachine.DefaultPrimary;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * A primary that hands over by itself: to the default primary when that came back, or to a peer that clients reach when
 * they do not reach this node. Not more often than {@link #MOST} times within {@link #WITHIN_MS}: a node that
 * fails again and again is not to take the service down with each return.
 */
final class AutomaticSwap {

    /** Most swaps that a node begins by itself within {@link #WITHIN_MS}. */
    static final int MOST = 3;

    static final long WITHIN_MS = 24 * 3_600_000L;

    /** How long clients are to have been cut off: an interface that is down for a moment is no reason. */
    static final long OBSTACLE_MS = 2_000;

    /** Longest silence of the peer on a link that is good; it says something each half second. */
    static final long SILENCE_MS = 1_200;

    private final Replica replica;
    private final Handover handover;
    private final boolean peerIsDefault;
    private final long afterMs;

    /** Since when each reason holds without a break. */
    private Optional<Long> peerReadySinceMs = Optional.empty();

    private Optional<Long> unreachableSinceMs = Optional.empty();
    private final Deque<Long> swapsMs = new ArrayDeque<>();
    private boolean complained;

    AutomaticSwap(Replica replica, Handover handover, Optional<DefaultPrimary> defaultPrimary) {
        this.replica = replica;
        this.handover = handover;
        peerIsDefault = defaultPrimary
                .filter(primary -> primary.node().equals(replica.names.peer()))
                .isPresent();
        afterMs = defaultPrimary.map(DefaultPrimary::afterMs).orElse(0L);
    }

    /** What a primary with nothing on its way does. */
    void settle(long nowMs) {
        boolean possible = replica.procedure.isEmpty()
                && replica.state == State.PRIM
                && replica.readiness == Readiness.READY
                && Refusals.ofSwap(replica).isEmpty();
        peerReadySinceMs = since(peerReadySinceMs, possible && peerIsDefault && replica.peerReturned, nowMs);
        unreachableSinceMs = since(unreachableSinceMs, possible && !replica.obstacle.isEmpty(), nowMs);
        if (nowMs - replica.peerSaidMs > SILENCE_MS) {
            return; // The link may be gone as well.
        }
        if (unreachableSinceMs.filter(ms -> nowMs - ms >= OBSTACLE_MS).isPresent()) {
            swap(replica.whyNotHere(), nowMs);
        } else if (peerReadySinceMs.filter(ms -> nowMs - ms >= afterMs).isPresent()) {
            swap("it is the default primary", nowMs);
        }
    }

    private static Optional<Long> since(Optional<Long> beganMs, boolean holds, long nowMs) {
        return holds ? Optional.of(beganMs.orElse(nowMs)) : Optional.empty();
    }

    private void swap(String why, long nowMs) {
        swapsMs.removeIf(ms -> nowMs - ms > WITHIN_MS);
        if (swapsMs.size() < MOST) {
            swapsMs.add(nowMs);
            complained = false;
            peerReadySinceMs = Optional.empty();
            unreachableSinceMs = Optional.empty();
            handover.handOver(Optional.empty(), why, nowMs);
        } else if (!complained) {
            complained = true;
            replica.emit(new Effect.LogEvent(replica.names.node() + " swapped by itself " + MOST
                    + " times within a day and does not again, although " + why + ": " + replica.command("swap")));
        }
    }
}
