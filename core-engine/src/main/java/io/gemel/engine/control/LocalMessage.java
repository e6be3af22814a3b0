package io.gemel.engine.control;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The lines of the local socket: a client sends one {@link Ask}, the engine answers one or several {@link Answer}. */
final class LocalMessage {

    /** Longest line, in bytes. */
    static final int MAX_LINE_BYTES = 1 << 20;

    private LocalMessage() {}

    /**
     * @param ask {@code "state"}, or {@code "command"} with the command, or {@code "events"} with the query
     * @param command the command
     * @param query which events
     */
    record Ask(String ask, Optional<CommandRequest> command, Optional<EventQuery> query) {
        static final String STATE = "state";
        static final String COMMAND = "command";
        static final String EVENTS = "events";

        Ask {
            Objects.requireNonNull(ask, "ask");
            Objects.requireNonNull(command, "command");
            Objects.requireNonNull(query, "query");
        }
    }

    /**
     * @param state the answer to {@code state}
     * @param update one of the answers to {@code command}
     * @param events the answer to {@code events}
     * @param error why the line was not understood
     */
    record Answer(
            Optional<ClusterState> state,
            Optional<CommandUpdate> update,
            Optional<List<LoggedEvent>> events,
            Optional<String> error) {
        static Answer of(ClusterState state) {
            return new Answer(Optional.of(state), Optional.empty(), Optional.empty(), Optional.empty());
        }

        static Answer of(CommandUpdate update) {
            return new Answer(Optional.empty(), Optional.of(update), Optional.empty(), Optional.empty());
        }

        static Answer of(List<LoggedEvent> events) {
            return new Answer(Optional.empty(), Optional.empty(), Optional.of(events), Optional.empty());
        }

        static Answer error(String what) {
            return new Answer(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(what));
        }
    }
}
