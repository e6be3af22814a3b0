package io.gemel.protocol.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One module on one node.
 *
 * <p>A node that the answering node cannot reach is shown with its last known state and data status, {@code NOT_READY},
 * with the age of that knowledge and a reason that says since when there is no contact; a node never heard of is shown
 * as {@code WAIT NOT_READY OUTDATED}. So nothing stale ever counts as service or protection, see {@link Health}.
 *
 * @param node its name
 * @param state its role
 * @param readiness how far it holds the role
 * @param dataStatus what is known of its data
 * @param degraded whether it serves without a second node to take over
 * @param reason a sentence: why it is in this state
 * @param virtualIps the virtual addresses that it holds now
 * @param ageMs milliseconds since this was known to be true
 * @param link the node link
 * @param resync how far the copy is that it is the source of, while one runs
 * @param unshared what it changed that the other node lacks, if it is known and there may be something
 * @param snapshotSinceMs of data that is INCONSISTENT: of when the last whole state is kept, milliseconds of the epoch,
 *     if one is
 * @param checkers in the order of the configuration; none of a node out of reach
 */
public record NodeState(
        String node,
        State state,
        Readiness readiness,
        DataStatus dataStatus,
        boolean degraded,
        String reason,
        List<String> virtualIps,
        long ageMs,
        LinkState link,
        Optional<ResyncProgress> resync,
        Optional<UnsharedChanges> unshared,
        Optional<Long> snapshotSinceMs,
        List<CheckerState> checkers) {
    /** With these words the reason begins when both nodes hold data that the other lacks. */
    public static final String TWO_HISTORIES = "two histories";

    public NodeState {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(readiness, "readiness");
        Objects.requireNonNull(dataStatus, "dataStatus");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(link, "link");
        Objects.requireNonNull(resync, "resync");
        Objects.requireNonNull(unshared, "unshared");
        Objects.requireNonNull(snapshotSinceMs, "snapshotSinceMs");
        virtualIps = List.copyOf(virtualIps);
        checkers = List.copyOf(checkers);
    }

    /** One without checkers. */
    public NodeState(
            String node,
            State state,
            Readiness readiness,
            DataStatus dataStatus,
            boolean degraded,
            String reason,
            List<String> virtualIps,
            long ageMs,
            LinkState link,
            Optional<ResyncProgress> resync,
            Optional<UnsharedChanges> unshared,
            Optional<Long> snapshotSinceMs) {
        this(
                node,
                state,
                readiness,
                dataStatus,
                degraded,
                reason,
                virtualIps,
                ageMs,
                link,
                resync,
                unshared,
                snapshotSinceMs,
                List.of());
    }

    /** Whether it says that both nodes hold data that the other lacks, of which a person has to choose one. */
    public boolean hasTwoHistories() {
        return reason.startsWith(TWO_HISTORIES);
    }
}
