package io.gemel.engine.simulator;

import io.gemel.engine.cluster.LastRole;
import io.gemel.engine.cluster.ReplicaRecord;
import io.gemel.protocol.model.DataStatus;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a node remembers over its own death and the loss of its power: all that it was told is durable at once. */
final class SimulatedJournal extends MemoryChanges {

    private final SimulatedNode node;
    private ReplicaRecord replica = ReplicaRecord.fresh();

    /** Whether what the data directory holds is, or was, the same at the peer. */
    boolean shared;

    /** Told, but by a deliberate error not durable yet. */
    private final Deque<Update> late = new ArrayDeque<>();

    SimulatedJournal(SimulatedNode node) {
        this.node = node;
    }

    ReplicaRecord replica() {
        return replica;
    }

    void persist(ReplicaRecord record) {
        boolean keepsGeneration =
                node.bug() == Bug.GENERATION_NOT_PERSISTED && replica.generation() != 0 && record.generation() != 0;
        replica = keepsGeneration
                ? new ReplicaRecord(
                        record.version(),
                        record.started(),
                        record.lastRole(),
                        record.dataStatus(),
                        replica.generation(),
                        replica.base(),
                        record.neverSynced(),
                        record.memory(),
                        record.peerWentOn())
                : record;
    }

    /** What an engine that starts finds. */
    ReplicaRecord found() {
        if (node.bug() != Bug.STALE_PROMOTED || replica.neverSynced()) {
            return replica;
        }
        return new ReplicaRecord(
                replica.version(),
                replica.started(),
                LastRole.ALONE,
                DataStatus.UP_TO_DATE,
                replica.generation(),
                replica.base(),
                false,
                replica.memory(),
                replica.peerWentOn());
    }

    @Override
    public synchronized void save(Update update) {
        boolean onlyIntents = !update.intents().isEmpty()
                && update.header().isEmpty()
                && update.changes().isEmpty();
        if (node.bug() == Bug.INTENT_NOT_AWAITED && onlyIntents) {
            late.add(update);
            node.later(node.dice().nextInt(100), this::saveLate);
        } else {
            while (!late.isEmpty()) {
                saveLate();
            }
            super.save(update);
        }
    }

    private synchronized void saveLate() {
        Update update = late.poll();
        if (update != null) {
            super.save(update);
        }
    }

    void crash() {
        late.clear();
    }
}
