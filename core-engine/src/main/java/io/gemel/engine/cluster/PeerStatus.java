package io.gemel.engine.cluster;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Objects;

/**
 * What the brain of a module tells the peer's about itself.
 *
 * @param state its role
 * @param readiness how far it holds it
 * @param reason why, in a sentence
 * @param dataStatus of its data
 * @param lastRole see {@link ReplicaRecord}
 * @param generation see {@link ReplicaRecord}
 * @param base see {@link ReplicaRecord}
 * @param whole see {@link ReplicaRecord#isWhole}
 * @param request as second: the number of its wish to be sent the data, or 0; only grows while a link stands
 * @param served as primary: the wish that is being fulfilled or is fulfilled; or 0. The generation does not change meanwhile
 * @param mirrored as primary: the wish that is fulfilled, so that each write goes there; or 0
 * @param dropped as primary: all wishes up to this one are given up on; a new one is needed
 * @param outdating as primary that lost its mirror: names the question whether the other stands back; or 0
 * @param outdatedFor the last such question of the other: this node holds durably that its data may be old; or 0
 * @param obstacle why no client would reach the module here, or empty
 * @param ailment why it would not be better off here than elsewhere, or empty
 */
public record PeerStatus(
        State state,
        Readiness readiness,
        String reason,
        DataStatus dataStatus,
        LastRole lastRole,
        long generation,
        long base,
        boolean whole,
        long request,
        long served,
        long mirrored,
        long dropped,
        long outdating,
        long outdatedFor,
        String obstacle,
        String ailment) {
    public PeerStatus {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(readiness, "readiness");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(dataStatus, "dataStatus");
        Objects.requireNonNull(lastRole, "lastRole");
        Objects.requireNonNull(obstacle, "obstacle");
        Objects.requireNonNull(ailment, "ailment");
    }

    PeerStatus with(State newState, Readiness newReadiness, long newRequest) {
        return new PeerStatus(
                newState,
                newReadiness,
                reason,
                dataStatus,
                lastRole,
                generation,
                base,
                whole,
                newRequest,
                served,
                mirrored,
                dropped,
                outdating,
                outdatedFor,
                obstacle,
                ailment);
    }

    /** The reason, with what is wrong beside it. */
    public String told() {
        String told = ailment.isEmpty() ? reason : reason + "; " + ailment;
        if (obstacle.isEmpty() || reason.contains(obstacle)) {
            return told;
        }
        return told + "; " + (obstacle.startsWith(Replica.MISSING) ? "" : "no client reaches it: ") + obstacle;
    }

    /** Whether it serves or is about to. */
    boolean isPrimary() {
        return state.isPrimary();
    }

    boolean isReadySecond() {
        return state == State.SECOND && readiness == Readiness.READY;
    }
}
