package io.gemel.engine.node;

import io.gemel.engine.cluster.ReplicaRecord;
import io.gemel.engine.journal.Journal;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.WireException;
import java.nio.charset.StandardCharsets;

/** The module's small records in the journal: {@code NAME} the replica record, {@code NAME/shared} the shared mark. */
final class JournalReplicaStore implements ReplicaStore, SharedMark {

    private static final byte[] YES = {1};

    private final Journal journal;
    private final String module;

    JournalReplicaStore(Journal journal, String module) {
        this.journal = journal;
        this.module = module;
    }

    @Override
    public ReplicaRecord load() {
        byte[] json = journal.get(Journal.GENERATION, module);
        if (json == null) {
            return ReplicaRecord.fresh();
        }
        try {
            return Json.read(ReplicaRecord.class, new String(json, StandardCharsets.UTF_8));
        } catch (WireException e) {
            throw new Problem(
                    "what " + journal + " knows of module " + module + " cannot be understood: " + e.getMessage(),
                    "install the Gemel that wrote it, or move the journal away and start with gemel second on this node",
                    e);
        }
    }

    @Override
    public void save(ReplicaRecord replica) {
        journal.put(
                Journal.GENERATION,
                module,
                Json.write(ReplicaRecord.class, replica).getBytes(StandardCharsets.UTF_8));
    }

    private String sharedKey() {
        return module + "/shared";
    }

    @Override
    public boolean isSet() {
        return journal.get(Journal.GENERATION, sharedKey()) != null;
    }

    @Override
    public void set(boolean shared) {
        if (shared == isSet()) {
            return;
        }
        if (shared) {
            journal.put(Journal.GENERATION, sharedKey(), YES);
        } else {
            journal.remove(Journal.GENERATION, sharedKey());
        }
    }
}
