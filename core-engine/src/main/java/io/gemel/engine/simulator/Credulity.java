package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.PeerStatus;

/** A deliberate error: a node that believes that the peer holds what it was asked to hold. */
final class Credulity {

    private Credulity() {}

    /** What a node hears that asked this question, or 0. */
    static Event hear(Bug bug, long outdating, Event event) {
        if (bug != Bug.PEER_NOT_OUTDATED || outdating == 0) {
            return event;
        }
        return switch (event) {
            case Event.PeerSaid said -> new Event.PeerSaid(believed(said.status(), outdating));
            case Event.PeerHeard heard ->
                new Event.PeerHeard(heard.status().map(status -> believed(status, outdating)), heard.hearsUs());
            default -> event;
        };
    }

    private static PeerStatus believed(PeerStatus status, long outdating) {
        return new PeerStatus(
                status.state(),
                status.readiness(),
                status.reason(),
                status.dataStatus(),
                status.lastRole(),
                status.generation(),
                status.base(),
                status.whole(),
                status.request(),
                status.served(),
                status.mirrored(),
                status.dropped(),
                status.outdating(),
                outdating,
                status.obstacle(),
                status.ailment());
    }
}
