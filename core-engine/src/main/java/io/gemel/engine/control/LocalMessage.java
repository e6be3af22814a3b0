package io.gemel.engine.control;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Messages;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The lines of the local socket: a client sends one {@link Ask}, the engine answers one or several {@link Answer}. */
final class LocalMessage {

    /** Longest line, in bytes. */
    static final int MAX_LINE_BYTES = 1 << 20;

    private LocalMessage() {}

    /**
     * @param ask {@code "state"}, or {@code "command"} with the command, or {@code "events"} with the query, or {@code "follow"} with the query
     * @param command the command
     * @param query which events
     * @param request what is asked with {@code "control"}
     */
    record Ask(
            String ask,
            Optional<CommandRequest> command,
            Optional<EventQuery> query,
            Optional<Messages.Request> request) {
        static final String STATE = "state";
        static final String COMMAND = "command";
        static final String EVENTS = "events";
        static final String CONTROL = "control";
        static final String FOLLOW = "follow";

        Ask {
            Objects.requireNonNull(ask, "ask");
            Objects.requireNonNull(command, "command");
            Objects.requireNonNull(query, "query");
            Objects.requireNonNull(request, "request");
        }
    }

    /**
     * @param state the answer to {@code state}
     * @param update one of the answers to {@code command}
     * @param events the answer to {@code events}, and each of those to {@code follow}
     * @param control the answer to {@code control}
     * @param error why the line was not understood
     * @param refusal why this user is answered nothing
     */
    record Answer(
            Optional<ClusterState> state,
            Optional<CommandUpdate> update,
            Optional<List<LoggedEvent>> events,
            Optional<Messages.Answer> control,
            Optional<String> error,
            Optional<Refusal> refusal) {
        private static final Answer NONE = new Answer(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());

        static Answer of(ClusterState state) {
            return new Answer(Optional.of(state), NONE.update, NONE.events, NONE.control, NONE.error, NONE.refusal);
        }

        static Answer of(CommandUpdate update) {
            return new Answer(NONE.state, Optional.of(update), NONE.events, NONE.control, NONE.error, NONE.refusal);
        }

        static Answer of(List<LoggedEvent> events) {
            return new Answer(NONE.state, NONE.update, Optional.of(events), NONE.control, NONE.error, NONE.refusal);
        }

        static Answer of(Messages.Answer control) {
            return new Answer(NONE.state, NONE.update, NONE.events, Optional.of(control), NONE.error, NONE.refusal);
        }

        static Answer error(String what) {
            return new Answer(NONE.state, NONE.update, NONE.events, NONE.control, Optional.of(what), NONE.refusal);
        }

        static Answer refused(Refusal why) {
            return new Answer(NONE.state, NONE.update, NONE.events, NONE.control, NONE.error, Optional.of(why));
        }
    }
}
