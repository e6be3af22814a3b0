package io.gemel.engine.node;

import io.gemel.engine.cluster.ReplicaRecord;

/** The durable record of one module on this node. */
public interface ReplicaStore {

    /** The record, or a fresh one. */
    ReplicaRecord load();

    /** Durable when it returns. */
    void save(ReplicaRecord replica);
}
