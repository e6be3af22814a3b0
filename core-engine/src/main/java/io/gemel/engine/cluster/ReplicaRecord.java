package io.gemel.engine.cluster;

import io.gemel.protocol.model.DataStatus;
import java.util.Objects;
import java.util.Optional;

/**
 * What a node must still know of its replica of a module after a restart. Invariants:
 *
 * <ol>
 *   <li>It is durable before the effect that relies on it: before the file system is mounted, before a call that the
 *       peer did not see is answered, before the first byte of a copy overwrites the data.
 *   <li>{@code generation} names the history of the data here; 0: none. It changes when this node is about to write
 *       what the peer will not have.
 *   <li>{@code base} is the generation that both nodes last shared. So a peer whose generation is this {@code base} is
 *       merely old, and one of whom neither holds has another history.
 *   <li>{@code generation} says nothing while the data is INCONSISTENT.
 * </ol>
 *
 * @param version of this format
 * @param started whether a person last commanded the module to run here
 * @param lastRole the last role
 * @param dataStatus what is known of the data here
 * @param generation the history of the data here, or 0
 * @param base the generation that both nodes last shared, or 0
 * @param neverSynced whether the data here was never part of the module's history
 * @param intact as second: all that was acknowledged here is still here, {@link #ON_DISK} or at least in the memory of
 *     the machine, as long as it runs with this boot identifier; nothing when that is not known
 */
public record ReplicaRecord(
        int version,
        boolean started,
        LastRole lastRole,
        DataStatus dataStatus,
        long generation,
        long base,
        boolean neverSynced,
        Optional<String> intact) {

    /** Value of {@code intact}: it was flushed in an ordered stop. */
    public static final String ON_DISK = "disk";

    /** The format that this class writes. */
    public static final int VERSION = 1;

    public ReplicaRecord {
        Objects.requireNonNull(lastRole, "lastRole");
        Objects.requireNonNull(dataStatus, "dataStatus");
        Objects.requireNonNull(intact, "intact");
        if (version != VERSION) {
            throw new IllegalArgumentException("replica record of version " + version + ", expected " + VERSION);
        }
    }

    /** A node that knows nothing yet. */
    public static ReplicaRecord fresh() {
        return new ReplicaRecord(VERSION, false, LastRole.NONE, DataStatus.OUTDATED, 0, 0, true, Optional.empty());
    }

    ReplicaRecord withStarted(boolean value) {
        return new ReplicaRecord(version, value, lastRole, dataStatus, generation, base, neverSynced, intact);
    }

    /** Another role: what a second held is no longer what it acknowledged. */
    ReplicaRecord withLastRole(LastRole value) {
        return new ReplicaRecord(
                version,
                started,
                value,
                dataStatus,
                generation,
                base,
                neverSynced,
                value == lastRole ? intact : Optional.empty());
    }

    ReplicaRecord withDataStatus(DataStatus value) {
        return new ReplicaRecord(
                version,
                started,
                lastRole,
                value,
                generation,
                base,
                neverSynced,
                value == DataStatus.INCONSISTENT ? Optional.empty() : intact);
    }

    /** As second: until when what is acknowledged is here, see the component. */
    ReplicaRecord withIntact(Optional<String> value) {
        return new ReplicaRecord(version, started, lastRole, dataStatus, generation, base, neverSynced, value);
    }

    /** As second: in an ordered stop, what is here was put on disk. */
    ReplicaRecord flushed(String boot) {
        return intact.filter(boot::equals).isPresent() ? withIntact(Optional.of(ON_DISK)) : this;
    }

    /** Whether all that was acknowledged here as second is here and whole. */
    boolean isIntact(String boot) {
        return lastRole == LastRole.SECOND
                && dataStatus != DataStatus.INCONSISTENT
                && !neverSynced
                && intact.filter(until -> until.equals(ON_DISK) || until.equals(boot))
                        .isPresent();
    }

    /**
     * About to write without the peer: a generation of its own, unless it already has one that nobody shares. One
     * that was minted over another that nobody shared would make a peer that is merely old look like a second history.
     *
     * @param peerMayHaveIt whether the peer may have received the present generation without this node knowing
     */
    ReplicaRecord writingAlone(long freshGeneration, boolean peerMayHaveIt) {
        boolean broken = dataStatus == DataStatus.INCONSISTENT;
        boolean own = generation != 0 && generation != base && !peerMayHaveIt && !broken;
        return new ReplicaRecord(
                version,
                true,
                LastRole.ALONE,
                DataStatus.UP_TO_DATE,
                own ? generation : freshGeneration,
                own ? base : generation,
                false,
                Optional.empty());
    }

    /** The peer has the same data from now on. */
    ReplicaRecord shared() {
        return new ReplicaRecord(
                version, started, LastRole.PRIM, dataStatus, generation, generation, neverSynced, Optional.empty());
    }

    /** A whole copy of the source's data is on disk here. */
    ReplicaRecord copied(long sourceGeneration) {
        return new ReplicaRecord(
                version,
                started,
                LastRole.SECOND,
                DataStatus.UP_TO_DATE,
                sourceGeneration,
                sourceGeneration,
                false,
                Optional.empty());
    }

    /** A person gave this node's own data up: whatever a primary has is newer. A second without a primary keeps it. */
    ReplicaRecord givenUp(boolean peerServes) {
        boolean keepsItsWord = lastRole == LastRole.SECOND && !neverSynced && !peerServes;
        DataStatus status = keepsItsWord || dataStatus == DataStatus.INCONSISTENT ? dataStatus : DataStatus.OUTDATED;
        return new ReplicaRecord(
                version,
                true,
                LastRole.SECOND,
                status,
                generation,
                base,
                neverSynced,
                lastRole == LastRole.SECOND ? intact : Optional.empty());
    }
}
