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
 * @param memory names the run of the machine in whose memory a part of what was acknowledged here may be; nothing when all
 *     of it is on disk
 * @param peerWentOn of a node that was ALONE last: the peer, when it was heard last, served or had data that this node lacks
 */
public record ReplicaRecord(
        int version,
        boolean started,
        LastRole lastRole,
        DataStatus dataStatus,
        long generation,
        long base,
        boolean neverSynced,
        Optional<String> memory,
        boolean peerWentOn) {

    /** The format that this class writes. */
    public static final int VERSION = 1;

    public ReplicaRecord {
        Objects.requireNonNull(lastRole, "lastRole");
        Objects.requireNonNull(dataStatus, "dataStatus");
        Objects.requireNonNull(memory, "memory");
        if (version != VERSION) {
            throw new IllegalArgumentException("replica record of version " + version + ", expected " + VERSION);
        }
    }

    /** A node that knows nothing yet. */
    public static ReplicaRecord fresh() {
        return new ReplicaRecord(
                VERSION, false, LastRole.NONE, DataStatus.OUTDATED, 0, 0, true, Optional.empty(), false);
    }

    /**
     * The generation that both nodes had last, or 0; the same on both, whatever each lacks to know of the other. Who was
     * PRIM may have given its present one to the peer.
     */
    public long lastShared() {
        return lastRole == LastRole.PRIM ? generation : base;
    }

    ReplicaRecord withStarted(boolean value) {
        return new ReplicaRecord(
                version, value, lastRole, dataStatus, generation, base, neverSynced, memory, peerWentOn);
    }

    ReplicaRecord withLastRole(LastRole value) {
        return new ReplicaRecord(
                version, started, value, dataStatus, generation, base, neverSynced, memory, peerWentOn);
    }

    ReplicaRecord withDataStatus(DataStatus value) {
        return new ReplicaRecord(version, started, lastRole, value, generation, base, neverSynced, memory, peerWentOn);
    }

    ReplicaRecord withPeerWentOn(boolean value) {
        return new ReplicaRecord(version, started, lastRole, dataStatus, generation, base, neverSynced, memory, value);
    }

    /** From now on what is acknowledged here may be in this run's memory only; all before is there or on disk. */
    ReplicaRecord inMemoryOf(String boot) {
        return new ReplicaRecord(
                version, started, lastRole, dataStatus, generation, base, neverSynced, Optional.of(boot), peerWentOn);
    }

    /** Closed in order: all is on disk. Unless something was lost before. */
    ReplicaRecord closed(String boot) {
        return isWhole(boot)
                ? new ReplicaRecord(
                        version,
                        started,
                        lastRole,
                        dataStatus,
                        generation,
                        base,
                        neverSynced,
                        Optional.empty(),
                        peerWentOn)
                : this;
    }

    /** Whether all that was acknowledged here is here: the machine did not lose its memory since. */
    boolean isWhole(String boot) {
        return memory.isEmpty() || memory.get().equals(boot);
    }

    /**
     * About to write without the peer: a generation of its own, unless it already has one that nobody shares. One
     * that was minted over another that nobody shared would make a peer that is merely old look like a second history.
     * Since the last role is PRIM, the peer may have received the present generation without this node knowing.
     */
    ReplicaRecord writingAlone(long freshGeneration) {
        boolean broken = dataStatus == DataStatus.INCONSISTENT;
        boolean own = generation != 0 && generation != base && lastRole != LastRole.PRIM && !broken;
        return new ReplicaRecord(
                version,
                true,
                LastRole.ALONE,
                DataStatus.UP_TO_DATE,
                own ? generation : freshGeneration,
                own ? base : generation,
                false,
                memory,
                false);
    }

    /** The peer has the same data from now on. */
    ReplicaRecord shared() {
        return new ReplicaRecord(
                version, started, LastRole.PRIM, dataStatus, generation, generation, neverSynced, memory, false);
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
                memory,
                false);
    }

    /** A person gave this node's own data up: whatever a primary has is newer. A second without a primary keeps it. */
    ReplicaRecord givenUp(boolean peerServes) {
        boolean keepsItsWord = lastRole == LastRole.SECOND && !neverSynced && !peerServes;
        DataStatus status = keepsItsWord || dataStatus == DataStatus.INCONSISTENT ? dataStatus : DataStatus.OUTDATED;
        return new ReplicaRecord(
                version, true, LastRole.SECOND, status, generation, base, neverSynced, memory, peerWentOn);
    }
}
