package io.gemel.protocol.client;

import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandUpdate;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A command that was sent and has not ended. */
final class PendingCommand {

    private final CommandEnvelope envelope;
    private final Consumer<CommandUpdate> updates;
    private final CompletableFuture<CommandUpdate> end = new CompletableFuture<>();
    private boolean accepted;

    PendingCommand(CommandEnvelope envelope, Consumer<CommandUpdate> updates) {
        this.envelope = envelope;
        this.updates = updates;
    }

    CommandEnvelope envelope() {
        return envelope;
    }

    CompletableFuture<CommandUpdate> end() {
        return end;
    }

    /** Whether a node said that it has it. */
    boolean isAccepted() {
        return accepted;
    }

    void tell(CommandUpdate update) {
        if (end.isDone()) {
            return;
        }
        accepted = true;
        updates.accept(update);
        if (update.isLast()) {
            end.complete(update);
        }
    }
}
