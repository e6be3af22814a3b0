package io.gemel.engine.control;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.WireException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The other end of {@link LocalSocket}. Every call is a connection of its own. */
public final class LocalClient {

    private static final Duration FOREVER = Duration.ofDays(3_650);

    private final Path path;

    /** A client of the engine that listens at the path; connects only when asked something. */
    public LocalClient(Path path) {
        this.path = path;
    }

    /** Asks for the state; a {@link Problem} when the engine does not run or does not answer in time. */
    public ClusterState state(Duration timeout) {
        return talk(
                new LocalMessage.Ask(LocalMessage.Ask.STATE, Optional.empty(), Optional.empty(), Optional.empty()),
                timeout,
                lines -> next(lines)
                        .state()
                        .orElseThrow(
                                () -> new WireException("the engine answered something else than its state", null)));
    }

    /** Asks what happened on this node; a {@link Problem} as of {@link #state}. */
    public List<LoggedEvent> events(EventQuery query, Duration timeout) {
        return talk(
                new LocalMessage.Ask(LocalMessage.Ask.EVENTS, Optional.empty(), Optional.of(query), Optional.empty()),
                timeout,
                lines -> next(lines)
                        .events()
                        .orElseThrow(() -> new WireException("the engine answered something else than events", null)));
    }

    /**
     * Is told of events as they happen, after those with greater numbers than the query's that there are. Returns only
     * with a {@link Problem}: when the engine ends, or the consumer throws one.
     */
    public void follow(EventQuery query, Consumer<List<LoggedEvent>> events) {
        talk(
                new LocalMessage.Ask(LocalMessage.Ask.FOLLOW, Optional.empty(), Optional.of(query), Optional.empty()),
                FOREVER,
                lines -> {
                    while (true) {
                        events.accept(next(lines)
                                .events()
                                .orElseThrow(() ->
                                        new WireException("the engine answered something else than events", null)));
                    }
                });
    }

    /** Asks about devices and the audit log; a {@link Problem} as of {@link #state}, and when it is refused. */
    public Messages.Answer control(Messages.Request request, Duration timeout) {
        Messages.Answer answer = talk(
                new LocalMessage.Ask(
                        LocalMessage.Ask.CONTROL, Optional.empty(), Optional.empty(), Optional.of(request)),
                timeout,
                lines -> next(lines)
                        .control()
                        .orElseThrow(() -> new WireException("the engine answered something else", null)));
        answer.refusal().ifPresent(why -> {
            throw why.problem();
        });
        return answer;
    }

    /** Carries a command out; the last update is returned, and was given to the consumer like those before it. */
    public CommandUpdate command(CommandRequest request, Duration timeout, Consumer<CommandUpdate> updates) {
        return talk(
                new LocalMessage.Ask(
                        LocalMessage.Ask.COMMAND, Optional.of(request), Optional.empty(), Optional.empty()),
                timeout,
                lines -> {
                    while (true) {
                        CommandUpdate update = next(lines)
                                .update()
                                .orElseThrow(() -> new WireException("the engine answered no command", null));
                        updates.accept(update);
                        if (update.isLast()) {
                            return update;
                        }
                    }
                });
    }

    @FunctionalInterface
    private interface Conversation<T> {
        T with(LineChannel lines) throws IOException;
    }

    private <T> T talk(LocalMessage.Ask ask, Duration timeout, Conversation<T> conversation) {
        try (SocketChannel channel = connect();
                Impatience impatience = new Impatience(channel, timeout)) {
            try {
                LineChannel lines = new LineChannel(channel);
                lines.write(Json.write(LocalMessage.Ask.class, ask));
                return conversation.with(lines);
            } catch (IOException e) {
                throw impatience.isOver ? tooLate(timeout) : ended(e);
            }
        } catch (IOException e) {
            throw ended(e);
        } catch (WireException e) {
            throw new Problem(
                    "the engine's answer was not understood: " + e.getMessage(),
                    "use the gemel command of the engine's version",
                    e);
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            return channel;
        } catch (IOException e) {
            channel.close();
            boolean denied = String.valueOf(e.getMessage()).contains("denied");
            throw new Problem(
                    denied ? "only root may command the engine on this node" : "the engine is not running on this node",
                    denied ? "sudo gemel ..." : "systemctl start gemel, or in the foreground: gemel engine",
                    e);
        }
    }

    private static LocalMessage.Answer next(LineChannel lines) throws IOException {
        Optional<String> line = lines.read();
        if (line.isEmpty()) {
            throw new IOException("the engine ended the conversation");
        }
        LocalMessage.Answer answer = Json.read(LocalMessage.Answer.class, line.get());
        if (answer.refusal().isPresent()) {
            throw answer.refusal().get().problem();
        }
        if (answer.error().isPresent()) {
            throw new WireException(answer.error().get(), null);
        }
        return answer;
    }

    private static Problem tooLate(Duration timeout) {
        return new Problem(
                "the engine did not say within " + timeout.toSeconds() + " s what became of it; it may still be done",
                "gemel state shows it; --timeout SECONDS waits longer");
    }

    private static Problem ended(IOException e) {
        return new Problem(
                "the engine ended while it was asked: " + e.getMessage(),
                "see its log (journalctl -u gemel) and gemel state",
                e);
    }

    /** Closes the channel when the time is over: reads of Unix domain sockets have no timeout of their own. */
    private static final class Impatience implements AutoCloseable {
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("local-timeout").factory());
        private volatile boolean isOver;

        Impatience(SocketChannel channel, Duration timeout) {
            var _ = timer.schedule(
                    () -> {
                        isOver = true;
                        channel.close();
                        return null;
                    },
                    timeout.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        @Override
        public void close() {
            timer.shutdownNow();
        }
    }
}
