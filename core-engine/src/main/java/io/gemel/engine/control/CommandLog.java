package io.gemel.engine.control;

import io.gemel.engine.journal.Records;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Which commands this node was given, so that none runs twice. Family {@code command}: {@code device / id -> record}.
 *
 * <ol>
 *   <li>A command is on the disk before it begins.
 *   <li>A command that was begun by an engine that died is never begun again.
 *   <li>Records stay {@link #KEPT_MS}, much longer than a command may be repeated.
 * </ol>
 */
final class CommandLog {

    /** How long a command is remembered, in milliseconds. */
    static final long KEPT_MS = TimeUnit.HOURS.toMillis(24);

    private static final byte[] ALL = {};
    private static final int SWEEP_EVERY = 256;
    private static final int MOST_FOLLOWERS = 16;

    /**
     * A command that was begun.
     *
     * @param beganMs when, milliseconds of the epoch
     * @param end how it ended, if it did
     */
    record Known(long beganMs, Optional<CommandUpdate> end) {
        Known {
            Objects.requireNonNull(end, "end");
        }
    }

    private static final class Running {
        private final List<Consumer<CommandUpdate>> followers = new ArrayList<>();
        private CommandUpdate last;
    }

    private final Records records;
    private final Map<String, Running> running = new HashMap<>();
    private int begun;

    CommandLog(Records records) {
        this.records = records;
    }

    private static byte[] key(String device, String id) {
        return (device + "/" + id).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(Known known) {
        return Json.write(Known.class, known).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Follows a command that is known already.
     *
     * @return whether it is; then the consumer hears what became of it so far, and what still will
     */
    synchronized boolean follow(String device, String id, Consumer<CommandUpdate> updates) {
        byte[] value = records.get(key(device, id));
        if (value == null) {
            return false;
        }
        Running still = running.get(device + "/" + id);
        Optional<CommandUpdate> end = Json.read(Known.class, new String(value, StandardCharsets.UTF_8))
                .end();
        if (end.isPresent()) {
            updates.accept(end.get());
        } else if (still == null) {
            updates.accept(new CommandUpdate(
                    id,
                    CommandUpdate.Stage.FAILED,
                    "the engine ended while this command ran; it is not run again",
                    "gemel state shows what became of it"));
        } else if (still.followers.size() < MOST_FOLLOWERS) {
            still.followers.add(updates);
            if (still.last != null) {
                updates.accept(still.last);
            }
        }
        return true;
    }

    /** Notes that a command begins, on the disk on return; the result hears its updates, to the end. */
    synchronized Consumer<CommandUpdate> begin(String device, String id, long nowMs, Consumer<CommandUpdate> updates) {
        if (begun++ % SWEEP_EVERY == 0) {
            sweep(nowMs);
        }
        records.change(
                true, List.of(new Records.Put(key(device, id), bytes(new Known(nowMs, Optional.empty())))), List.of());
        Running now = new Running();
        now.followers.add(updates);
        running.put(device + "/" + id, now);
        return update -> tell(device, id, nowMs, update);
    }

    private void tell(String device, String id, long beganMs, CommandUpdate update) {
        List<Consumer<CommandUpdate>> followers;
        synchronized (this) {
            Running now = running.get(device + "/" + id);
            if (now == null) {
                return;
            }
            now.last = update;
            followers = List.copyOf(now.followers);
            if (update.isLast()) {
                running.remove(device + "/" + id);
                records.change(
                        true,
                        List.of(new Records.Put(key(device, id), bytes(new Known(beganMs, Optional.of(update))))),
                        List.of());
            }
        }
        followers.forEach(each -> each.accept(update));
    }

    private void sweep(long nowMs) {
        List<byte[]> old = new ArrayList<>();
        records.forEach(ALL, (key, value) -> {
            Known known = Json.read(Known.class, new String(value, StandardCharsets.UTF_8));
            if (nowMs - known.beganMs() > KEPT_MS) {
                old.add(key);
            }
        });
        records.change(false, List.of(), old);
    }
}
