package io.gemel.engine.node;

import io.gemel.engine.cluster.Outcome;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Who waits for what became of which command. Safe for concurrent use. */
final class CommandDesk {

    private static final int MOST_WAITING = 256;

    private final Map<String, Consumer<CommandUpdate>> waiting = new LinkedHashMap<>();

    /** Whether there was room, and the id is not one that waits. */
    synchronized boolean open(String id, Consumer<CommandUpdate> updates) {
        return waiting.size() < MOST_WAITING && waiting.putIfAbsent(id, updates) == null;
    }

    /** Passes an update on; the last one ends the waiting. Unknown ids are ignored. */
    void tell(CommandUpdate update) {
        Consumer<CommandUpdate> updates;
        synchronized (this) {
            updates = update.isLast() ? waiting.remove(update.id()) : waiting.get(update.id());
        }
        if (updates != null) {
            updates.accept(update);
        }
    }

    void end(String id, Outcome outcome) {
        tell(
                switch (outcome) {
                    case Outcome.Done done -> new CommandUpdate(id, CommandUpdate.Stage.DONE, done.text(), "");
                    case Outcome.Failed failed -> CommandUpdate.failed(id, failed.problem());
                });
    }

    private synchronized List<String> ids() {
        return List.copyOf(waiting.keySet());
    }

    /** Tells everybody who waits how it goes on. */
    void progress(String text) {
        ids().forEach(id -> tell(new CommandUpdate(id, CommandUpdate.Stage.PROGRESS, text, "")));
    }

    /** Nothing more will come. */
    void failAll(Problem problem) {
        ids().forEach(id -> tell(CommandUpdate.failed(id, problem)));
    }
}
