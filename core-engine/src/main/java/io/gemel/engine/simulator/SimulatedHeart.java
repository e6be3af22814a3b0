package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Beat;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.Membership;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;

/** Time as a node of {@link SimulatedCluster} notices it, and its real membership over pretended heartbeats. */
final class SimulatedHeart {

    private final SimulatedNode node;
    private final SimulatedCluster cluster;
    private final Deque<Runnable> whenThawed = new ArrayDeque<>();
    private long frozenUntilMs;
    private Membership membership;
    private long incarnations;

    SimulatedHeart(SimulatedNode node, SimulatedCluster cluster) {
        this.node = node;
        this.cluster = cluster;
    }

    void boot() {
        membership = new Membership(++incarnations, SimulatedCluster.DETECTION_MS, cluster.nowMs());
    }

    void stop() {
        frozenUntilMs = 0;
        whenThawed.clear();
    }

    boolean isFrozen() {
        return cluster.nowMs() < frozenUntilMs;
    }

    void freeze(long forMs) {
        frozenUntilMs = cluster.nowMs() + forMs;
        node.trace(() -> "== stands still for " + forMs + " ms");
    }

    /** Now, or in its order when the node thaws. */
    void onTime(Runnable what) {
        if (isFrozen() || !whenThawed.isEmpty()) {
            whenThawed.add(what);
        } else {
            what.run();
        }
    }

    void thaw() {
        while (!isFrozen() && !whenThawed.isEmpty()) {
            whenThawed.peek().run();
            whenThawed.poll();
        }
    }

    void tick() {
        if (!node.engineUp) {
            return;
        }
        if (node.heardLinkUp && cluster.linkStands()) {
            membership.sign(cluster.nowMs());
        }
        node.feed(new Event.AddressesLookedAt(node.obstacle));
        if (membership.isLost(cluster.nowMs())) {
            node.feed(new Event.PeerLost("no heartbeat"));
        }
        node.feed(new Event.Tick());
        cluster.sendBeat(node, membership.next(cluster.nowMs(), Map.of("app", node.status())));
    }

    void meet() {
        membership.met(node.peer.heart.incarnations);
        membership.sign(cluster.nowMs());
    }

    void hearBeat(Beat beat) {
        if (node.engineUp && membership.take(cluster.nowMs(), "lan", beat)) {
            node.feed(new Event.PeerHeard(Optional.of(beat.modules().get("app")), membership.peerHearsUs()));
        }
    }
}
