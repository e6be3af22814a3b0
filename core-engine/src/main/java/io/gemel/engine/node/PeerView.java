package io.gemel.engine.node;

import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.PeerStatus;
import io.gemel.engine.net.NodeLink;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.List;
import java.util.Optional;

/**
 * What is known of the peer, with its age. Written by the module's own thread, read by anyone.
 *
 * @param peer its name
 * @param linkUp whether there is contact
 * @param noContact why not, when there is none
 * @param report the last that it said
 * @param heardMs when, on the monotonic clock
 * @param startedMs when this engine started to listen
 */
record PeerView(
        String peer, boolean linkUp, String noContact, Optional<PeerReport> report, long heardMs, long startedMs) {

    static PeerView nothingYet(String peer, long nowMs) {
        return new PeerView(peer, false, "not connected yet", Optional.empty(), nowMs, nowMs);
    }

    PeerView connected() {
        return new PeerView(peer, true, "", report, heardMs, startedMs);
    }

    PeerView disconnected(String why) {
        return new PeerView(peer, false, why, report, heardMs, startedMs);
    }

    PeerView heard(PeerReport said, long nowMs) {
        return new PeerView(peer, linkUp, noContact, Optional.of(said), nowMs, startedMs);
    }

    /** A heartbeat arrived: it tells less than a report, and more than nothing while there is no link. */
    PeerView beat(Event event, long nowMs) {
        if (linkUp
                || !(event instanceof Event.PeerHeard heard)
                || heard.status().isEmpty()) {
            return this;
        }
        PeerReport now = new PeerReport(
                heard.status().get(),
                List.of(),
                Optional.empty(),
                report.flatMap(PeerReport::unshared),
                report.flatMap(PeerReport::snapshotSinceMs),
                List.of(),
                0);
        return new PeerView(peer, false, noContact, Optional.of(now), nowMs, startedMs);
    }

    NodeState state(long nowMs, LinkState link) {
        if (report.isEmpty()) {
            return new NodeState(
                    peer,
                    State.WAIT,
                    Readiness.NOT_READY,
                    DataStatus.OUTDATED,
                    false,
                    linkUp ? "connected, nothing said yet" : "no contact with " + peer + " so far: " + noContact,
                    List.of(),
                    nowMs - startedMs,
                    link,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
        PeerStatus status = report.get().status();
        return new NodeState(
                peer,
                status.state(),
                linkUp ? status.readiness() : Readiness.NOT_READY,
                status.dataStatus(),
                linkUp && isDegraded(status),
                linkUp ? status.told() : "no link to " + peer + " (" + noContact + ")" + lastKnown(status),
                linkUp ? report.get().virtualIps() : List.of(),
                nowMs - heardMs,
                link,
                linkUp ? report.get().resync() : Optional.empty(),
                report.get().unshared(),
                report.get().snapshotSinceMs(),
                linkUp ? report.get().checkers() : List.of());
    }

    private static String lastKnown(PeerStatus status) {
        return status.reason().isEmpty() ? ", but its heartbeats arrive" : "; last known: " + status.reason();
    }

    static boolean isDegraded(PeerStatus status) {
        return status.state() == State.ALONE && status.readiness() == Readiness.READY;
    }

    static LinkState linkState(NodeLink link) {
        return link == null
                ? LinkState.DOWN
                : new LinkState(true, link.bytesSent(), link.bytesReceived(), link.encrypted());
    }
}
