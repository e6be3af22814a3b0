package io.gemel.engine.control;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Messages;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What a client may ask of the engine, whichever way it came. */
public interface CommandService {

    /** Everything at a glance, as this node knows it. */
    ClusterState state();

    /** What happened on this node, in order. */
    List<LoggedEvent> events(EventQuery query);

    /**
     * Carries a command out. Returns at once; what becomes of it is told to the consumer, from any thread, one update
     * at a time, ending with exactly one that {@link CommandUpdate#isLast}. The consumer must not block.
     */
    void command(CommandRequest request, Consumer<CommandUpdate> updates);

    /**
     * Tells of each event that happens on this node from now on, until it is closed. The consumer is called from any
     * thread and must not block.
     */
    default AutoCloseable follow(Consumer<LoggedEvent> events) {
        return () -> {};
    }

    /**
     * Looks at something of this node that takes a moment.
     *
     * @return what was seen; a {@link Problem} when it cannot be
     */
    default CompletableFuture<Messages.Seen> look(Messages.Look at) {
        return CompletableFuture.failedFuture(
                new Problem("this node cannot show its " + at.what().name().toLowerCase(Locale.ROOT), "update it"));
    }

    /** Answers a question of the administrator on the node itself about devices and the audit log, now or later, once. */
    default void request(Messages.Request request, Consumer<Messages.Answer> answer) {
        answer.accept(Messages.Answer.refused(
                request.id(),
                new Refusal(
                        RefusalReason.NOT_FOUND,
                        "this cluster has no id yet, so that no device can be paired",
                        "gemel init --root makes one; then put it into cluster.toml on both nodes")));
    }
}
