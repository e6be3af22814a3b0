package io.gemel.engine.simulator;

import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.ChangeStore;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A change store in memory; a fresh tracker that opens it is an engine that was started again. */
public class MemoryChanges implements ChangeStore {

    private Header header = Header.NONE;
    private final Map<Long, byte[]> changes = new HashMap<>();
    private final TreeMap<String, Intent> intents = new TreeMap<>();
    private int saves;

    /** How often something was made durable. */
    public synchronized int saves() {
        return saves;
    }

    public synchronized int intents() {
        return intents.size();
    }

    /** What would be left if the engine ended now. */
    public synchronized MemoryChanges copy() {
        MemoryChanges copy = new MemoryChanges();
        copy.header = header;
        copy.changes.putAll(changes);
        copy.intents.putAll(intents);
        return copy;
    }

    public synchronized void restore(MemoryChanges from) {
        header = from.header;
        changes.clear();
        changes.putAll(from.changes);
        intents.clear();
        intents.putAll(from.intents);
    }

    @Override
    public synchronized Saved load() {
        if (!header.known()) {
            return new Saved(Header.NONE, Map.of());
        }
        Map<Long, Change> all = new HashMap<>();
        changes.forEach((id, encoded) -> all.put(id, Change.decode(encoded)));
        for (Intent intent : intents.values()) {
            if (intent.zone() == Intent.ATTRIBUTES) {
                for (long id = intent.id(); id < intent.id() + Intent.GROUP; id++) {
                    all.computeIfAbsent(id, _ -> new Change());
                }
            } else {
                all.computeIfAbsent(intent.id(), _ -> new Change()).add(intent);
            }
        }
        return new Saved(header, all);
    }

    @Override
    public void flush() {}

    @Override
    public synchronized void save(Update update) {
        saves++;
        if (update.forgetsAll()) {
            changes.clear();
            intents.clear();
        }
        update.header().ifPresent(value -> header = value);
        update.changes().forEach((id, encoded) -> {
            if (encoded.length == 0) {
                changes.remove(id);
            } else {
                changes.put(id, encoded);
            }
        });
        update.intents().forEach(intent -> intents.put(key(intent), intent));
        update.ended().forEach(intent -> intents.remove(key(intent)));
    }

    private static String key(Intent intent) {
        return intent.id() + "/" + intent.zone();
    }

    /** Nothing is known any more. */
    public void forget() {
        save(new Update().forgetAll().header(Header.NONE));
    }
}
