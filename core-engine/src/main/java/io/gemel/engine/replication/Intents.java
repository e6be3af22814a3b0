package io.gemel.engine.replication;

import io.gemel.engine.replication.ChangeStore.Intent;
import io.gemel.engine.replication.ChangeStore.Update;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What may be changed without telling the store again: the intents that are durable there, least recently used first.
 * Safe for concurrent use.
 */
final class Intents {
    /** Most intents that are kept for later use: with data of 4 MiB each, 4 GiB to compare after a crash. */
    static final int MAX_KEPT = 1_024;

    /** Zones that one write makes hot beyond its own, when it goes on behind another. */
    private static final int AHEAD = 16;

    /** Most zones of one write that are noted one by one. */
    private static final long MAX_SPAN = 64;

    private record Key(long id, long zone) {}

    private static final class Use {
        long span;
        long value;
        boolean durable;
    }

    private final ChangeStore store;
    private final Runnable hurry;
    private final LinkedHashMap<Key, Use> uses = new LinkedHashMap<>(16, 0.75f, true);

    /** What a change still needs before it may be done. */
    static final class Need {
        /** To be saved by the caller. */
        final List<Intent> missing = new ArrayList<>();

        /** Whether another thread is saving something that the caller needs. */
        boolean waits;
    }

    /** @param hurry called, without waiting, when intents should be dropped soon */
    Intents(ChangeStore store, Runnable hurry) {
        this.store = store;
        this.hurry = hurry;
    }

    synchronized boolean isEmpty() {
        return uses.isEmpty();
    }

    /** Returns once all that is used is durable in the store. */
    void secure(Consumer<Need> use) {
        boolean interrupted = false;
        for (List<Intent> missing = null; missing == null || !missing.isEmpty(); ) {
            try {
                missing = missingOrMet(use);
            } catch (InterruptedException e) {
                interrupted = true;
                continue;
            }
            if (!missing.isEmpty()) {
                save(missing);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the caller has to save, after which more may be missing; nothing when all is durable. */
    private synchronized List<Intent> missingOrMet(Consumer<Need> use) throws InterruptedException {
        Need need = new Need();
        use.accept(need);
        while (need.missing.isEmpty() && need.waits) {
            wait();
            need = new Need();
            use.accept(need);
        }
        return need.missing;
    }

    private void save(List<Intent> missing) {
        boolean saved = false;
        try {
            store.save(new Update().intend(missing));
            saved = true;
        } finally {
            ended(missing, saved);
        }
    }

    /** Saving them ended. */
    synchronized void ended(List<Intent> intents, boolean saved) {
        if (saved) {
            saved(intents);
        } else {
            notSaved(intents);
        }
        notifyAll();
        if (uses.size() > MAX_KEPT) {
            hurry.run();
        }
    }

    /** Makes intents of notes, of objects whose identity is not below the mark, for the caller to save and {@link #ended}. */
    synchronized List<Intent> of(Map<Long, Change> changes, long mark, long span) {
        Need need = new Need();
        changes.forEach((id, change) -> {
            if (Generation.isBorn(id, mark)) {
                useAll(need, id, change, span);
            }
        });
        return need.missing;
    }

    /** What is noted of an object is, or may be, still to be done. */
    private void useAll(Need need, long id, Change change, long span) {
        if (change.isNew()) {
            use(need, id, Intent.NEW, 0, span);
        }
        if (change.hasEntries()) {
            use(need, id, Intent.ENTRIES, 0, span);
        }
        if (change.isWhole()) {
            use(need, id, Intent.WHOLE, 0, span);
        } else if (change.keptBytes() != Long.MAX_VALUE) {
            use(need, id, Intent.SIZE, change.keptBytes(), span);
        }
        change.forEachZone(zone -> use(need, id, zone, 0, span));
        use(need, id / Intent.GROUP * Intent.GROUP, Intent.ATTRIBUTES, 0, span);
    }

    /** Data of a file is about to change, in the given span of time. */
    void useData(Need need, long id, long offset, long length, long span) {
        long first = offset / BlockSet.ZONE_BYTES;
        long last = (offset + Math.max(length, 1) - 1) / BlockSet.ZONE_BYTES;
        if (offset < 0 || last < first || last - first > MAX_SPAN) {
            use(need, id, Intent.WHOLE, 0, span);
            return;
        }
        boolean goesOn = first > 0 && uses.containsKey(new Key(id, first - 1)) && !uses.containsKey(new Key(id, last));
        for (long zone = first; zone <= (goesOn ? last + AHEAD : last); zone++) {
            use(need, id, zone, 0, span);
        }
    }

    /** Something else of an object is about to change. */
    void use(Need need, long id, long zone, long value, long span) {
        Use use = uses.computeIfAbsent(new Key(id, zone), _ -> new Use());
        boolean lower = use.span != 0 && zone == Intent.SIZE && value < use.value;
        if (use.span == 0 || lower) {
            use.value = value;
            use.durable = false;
            need.missing.add(new Intent(id, zone, value));
        } else if (!use.durable) {
            need.waits = true;
        }
        use.span = span;
    }

    private void saved(List<Intent> intents) {
        for (Intent intent : intents) {
            Use use = uses.get(new Key(intent.id(), intent.zone()));
            if (use != null && use.value == intent.value()) {
                use.durable = true;
            }
        }
    }

    /** Nobody may rely on them. */
    private void notSaved(List<Intent> intents) {
        intents.forEach(intent -> uses.remove(new Key(intent.id(), intent.zone())));
    }

    /**
     * Begins to drop intents that were last used up to a span of time of which nothing is owed any more: who needs one
     * waits until {@link #dropped}, and then makes it anew.
     *
     * @param upTo the span
     * @param idle those that were last used up to this span go in any case; others only when there are too many
     */
    synchronized List<Intent> drop(long upTo, long idle) {
        List<Intent> dropped = new ArrayList<>();
        int left = uses.size();
        for (Map.Entry<Key, Use> eldest : uses.entrySet()) {
            Use use = eldest.getValue();
            if ((use.span <= idle || left > MAX_KEPT) && use.durable && use.span <= upTo) {
                use.durable = false;
                left--;
                dropped.add(new Intent(eldest.getKey().id(), eldest.getKey().zone(), use.value));
            }
        }
        return dropped;
    }

    /** The store has forgotten them, or has not and does not matter. */
    synchronized void dropped(List<Intent> intents) {
        notSaved(intents);
        notifyAll();
    }

    /** The store has forgotten all. */
    synchronized void clear() {
        uses.clear();
        notifyAll();
    }
}
