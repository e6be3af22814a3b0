package io.gemel.engine.node;

import io.gemel.engine.journal.EventLog;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens to one module: into the engine's log, and into the event log that people ask for. Throws nothing. */
final class ModuleEvents {

    private static final int MOST_ANSWERED = 500;

    private final Logger log;
    private final String node;
    private final String module;
    private final Optional<EventLog> kept;
    private final Consumer<LoggedEvent> ears;

    private ModuleEvents(String node, String module, Optional<EventLog> kept, Consumer<LoggedEvent> ears) {
        this.log = LoggerFactory.getLogger("gemel.module." + module);
        this.node = node;
        this.module = module;
        this.kept = kept;
        this.ears = ears;
    }

    /** Into both logs. */
    static ModuleEvents into(EventLog kept, String node, String module) {
        return into(kept, node, module, event -> {});
    }

    /** Into both logs, and to ears that hear what is in them; they return at once and throw nothing. */
    static ModuleEvents into(EventLog kept, String node, String module, Consumer<LoggedEvent> ears) {
        return new ModuleEvents(node, module, Optional.of(kept), ears);
    }

    /** Into the engine's log only. */
    static ModuleEvents unkept(String node, String module) {
        return new ModuleEvents(node, module, Optional.empty(), event -> {});
    }

    void note(EventKind kind, String text) {
        log.info("{}", text);
        try {
            kept.ifPresent(events -> {
                AtomicReference<LoggedEvent> made = new AtomicReference<>();
                events.add(number -> {
                    made.set(new LoggedEvent(number, System.currentTimeMillis(), node, module, kind, text));
                    return Json.write(LoggedEvent.class, made.get()).getBytes(StandardCharsets.UTF_8);
                });
                ears.accept(made.get());
            });
        } catch (RuntimeException e) {
            // Whatever is done must be done, be there room to say so or not.
            log.warn("this event could not be kept: {}", e.getMessage());
        }
    }

    /** Those that are wanted, of all modules of the node. */
    static List<LoggedEvent> read(EventLog kept, EventQuery query) {
        return kept.read(
                query.after(),
                Math.clamp(query.most(), 1, MOST_ANSWERED),
                bytes -> event(bytes)
                        .filter(event ->
                                query.module().isEmpty() || event.module().equals(query.module())));
    }

    private static Optional<LoggedEvent> event(byte[] bytes) {
        try {
            return Optional.of(Json.read(LoggedEvent.class, new String(bytes, StandardCharsets.UTF_8)));
        } catch (WireException e) {
            return Optional.empty(); // Of a version that said it otherwise: not worth refusing the others.
        }
    }
}
