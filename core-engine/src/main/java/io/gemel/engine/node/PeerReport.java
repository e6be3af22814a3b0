package io.gemel.engine.node;

import io.gemel.engine.cluster.PeerStatus;
import io.gemel.protocol.model.CheckerState;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.ResyncProgress;
import io.gemel.protocol.model.UnsharedChanges;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * All that a node says of itself about a module, twice a second and at each change.
 *
 * @param status what its brain decides from
 * @param virtualIps that it holds
 * @param resync how far the copy is that it is the source of
 * @param unshared what it changed that the other node lacks
 * @param snapshotSinceMs see {@link io.gemel.protocol.model.NodeState}
 * @param checkers what each of its checkers found
 * @param incarnation of its engine, see {@link io.gemel.engine.cluster.Beat}
 */
record PeerReport(
        PeerStatus status,
        List<String> virtualIps,
        Optional<ResyncProgress> resync,
        Optional<UnsharedChanges> unshared,
        Optional<Long> snapshotSinceMs,
        List<CheckerState> checkers,
        long incarnation) {
    PeerReport {
        Objects.requireNonNull(status, "status");
        virtualIps = List.copyOf(virtualIps);
        Objects.requireNonNull(resync, "resync");
        Objects.requireNonNull(unshared, "unshared");
        Objects.requireNonNull(snapshotSinceMs, "snapshotSinceMs");
        checkers = List.copyOf(checkers);
    }

    /** Only what its brain decides from. */
    static PeerReport of(PeerStatus status, long incarnation) {
        return new PeerReport(
                status, List.of(), Optional.empty(), Optional.empty(), Optional.empty(), List.of(), incarnation);
    }

    /** What people are shown of the node that says it of itself. */
    NodeState state(String node, LinkState link) {
        return new NodeState(
                node,
                status.state(),
                status.readiness(),
                status.dataStatus(),
                PeerView.isDegraded(status),
                status.told(),
                virtualIps,
                0,
                link,
                resync,
                unshared,
                snapshotSinceMs,
                checkers);
    }
}
