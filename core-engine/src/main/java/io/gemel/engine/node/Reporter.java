package io.gemel.engine.node;

import io.gemel.engine.cluster.PeerStatus;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.UnsharedChanges;
import java.util.Optional;

/** Puts together what a node says of itself about a module. */
final class Reporter {

    private final DataPlane dataPlane;
    private final Addresses addresses;
    private final Checks checks;
    private final long incarnation;

    /** @param incarnation of this engine */
    Reporter(DataPlane dataPlane, Addresses addresses, Checks checks, long incarnation) {
        this.dataPlane = dataPlane;
        this.addresses = addresses;
        this.checks = checks;
        this.incarnation = incarnation;
    }

    PeerReport report(PeerStatus status) {
        return new PeerReport(
                status,
                addresses.held(),
                dataPlane.progress(),
                unshared(status),
                snapshotSinceMs(status),
                checks.states(),
                incarnation);
    }

    /** A generation of its own is what a node writes without the other. */
    private Optional<UnsharedChanges> unshared(PeerStatus status) {
        if (status.generation() == status.base()) {
            return Optional.empty();
        }
        return dataPlane
                .unshared()
                .map(counted -> new UnsharedChanges(
                        GenerationNames.mintedMs(status.generation()),
                        counted.objects(),
                        counted.bytes(),
                        counted.atLeast()));
    }

    /** Kept only until the data here is whole again. */
    Optional<Long> snapshotSinceMs(PeerStatus status) {
        return status.dataStatus() == DataStatus.INCONSISTENT ? dataPlane.snapshotSinceMs() : Optional.empty();
    }
}
