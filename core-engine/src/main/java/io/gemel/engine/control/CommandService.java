package io.gemel.engine.control;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import java.util.List;
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
}
