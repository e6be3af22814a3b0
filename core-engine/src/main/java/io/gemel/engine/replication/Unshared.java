package io.gemel.engine.replication;

import io.gemel.engine.replication.ChangeStore.Saved;
import java.util.Map;

/**
 * How much one node changed that the other lacks.
 *
 * @param objects that both have and that changed
 * @param bytes of their blocks that changed; blocks count whole
 * @param exact whether {@code bytes} has all of them
 * @param born identities from this one on were given since: their objects come on top
 */
public record Unshared(long objects, long bytes, boolean exact, long born) {

    static Unshared of(Map<Long, Change> changes, long born) {
        long objects = 0;
        long bytes = 0;
        boolean exact = true;
        for (Map.Entry<Long, Change> entry : changes.entrySet()) {
            if (!Generation.isBorn(entry.getKey(), born)) {
                objects++;
                bytes += entry.getValue().blockBytes();
                exact &= !entry.getValue().isWhole();
            }
        }
        return new Unshared(objects, bytes, exact, born);
    }

    /** Of what a node remembered. */
    public static Unshared of(Saved saved) {
        return of(saved.changes(), saved.header().born());
    }
}
