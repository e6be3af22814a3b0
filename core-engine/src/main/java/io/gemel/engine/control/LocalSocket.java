package io.gemel.engine.control;

import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.WireException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The administrator's way to the engine on the node itself: a Unix domain socket for those of {@link LocalUsers}, one
 * question a connection, see {@link LocalMessage}. Each client has a thread of its own, so that one that hangs holds up
 * nobody.
 */
public final class LocalSocket implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LocalSocket.class);
    private static final int MOST_CLIENTS = 64;
    private static final long QUESTION_MS = 10_000;
    private static final int MOST_UPDATES = 1_024;
    /** How long an update may take to come; the longest scripts take minutes, and their start and end are updates. */
    private static final long UPDATE_MS = 3_600_000;
    /** How often one who follows hears something, be it that nothing happened. */
    private static final long ALIVE_MS = 10_000;

    private final CommandService service;
    private final Path path;
    private final ServerSocketChannel server;
    private final LocalUsers users;
    private final Semaphore room = new Semaphore(MOST_CLIENTS);
    private final Set<SocketChannel> clients = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService impatience = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("local-timeouts").factory());

    private LocalSocket(CommandService service, Path path, ServerSocketChannel server, LocalUsers users) {
        this.users = users;
        this.service = service;
        this.path = path;
        this.server = server;
    }

    /** As {@link #open(Path, CommandService, List)}, for root alone. */
    public static LocalSocket open(Path path, CommandService service) {
        return open(path, service, List.of());
    }

    /**
     * Listens at the path, in place of what a dead engine left there.
     *
     * @param administrators users of this machine who may command beside root
     */
    public static LocalSocket open(Path path, CommandService service, List<String> administrators) {
        ServerSocketChannel server = null;
        LocalUsers users;
        try {
            Files.deleteIfExists(path);
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            users = LocalUsers.of(path, administrators);
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(administrators.isEmpty() ? "rw-------" : "rw-rw-rw-"));
        } catch (IOException e) {
            closeQuietly(server);
            throw new Problem(
                    "the engine cannot listen at " + path + ": " + e.getMessage(),
                    "see that the directory is there and that the engine runs as root",
                    e);
        }
        LocalSocket socket = new LocalSocket(service, path, server, users);
        Thread.ofPlatform().daemon().name("local-accept").start(socket::accept);
        return socket;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                if (room.tryAcquire()) {
                    clients.add(channel);
                    Thread.ofVirtual().name("local-client").start(() -> serve(channel));
                } else {
                    LOG.warn("more than {} clients at {}: one is turned away", MOST_CLIENTS, path);
                    channel.close();
                }
            } catch (AsynchronousCloseException e) {
                return;
            } catch (IOException e) {
                LOG.warn("a client at {} could not be taken: {}", path, e.getMessage());
            }
        }
    }

    private void serve(SocketChannel channel) {
        ScheduledFuture<?> late = impatience.schedule(() -> closeQuietly(channel), QUESTION_MS, TimeUnit.MILLISECONDS);
        try (LineChannel lines = new LineChannel(channel)) {
            Optional<String> question = lines.read();
            late.cancel(false);
            Optional<Refusal> refusal = users.refusal(channel);
            if (refusal.isPresent()) {
                write(lines, LocalMessage.Answer.refused(refusal.get()));
            } else if (question.isPresent()) {
                answer(question.get(), lines);
            }
        } catch (IOException e) {
            LOG.debug("a client at {} left: {}", path, e.getMessage());
        } finally {
            late.cancel(false);
            clients.remove(channel);
            room.release();
        }
    }

    private static void write(LineChannel lines, LocalMessage.Answer answer) throws IOException {
        lines.write(Json.write(LocalMessage.Answer.class, answer));
    }

    private void answer(String question, LineChannel lines) throws IOException {
        LocalMessage.Ask ask;
        try {
            ask = Json.read(LocalMessage.Ask.class, question);
        } catch (WireException e) {
            write(lines, LocalMessage.Answer.error(e.getMessage()));
            return;
        }
        if (ask.ask().equals(LocalMessage.Ask.STATE)) {
            write(lines, LocalMessage.Answer.of(service.state()));
        } else if (ask.ask().equals(LocalMessage.Ask.EVENTS) && ask.query().isPresent()) {
            write(lines, LocalMessage.Answer.of(service.events(ask.query().get())));
        } else if (ask.ask().equals(LocalMessage.Ask.COMMAND) && ask.command().isPresent()) {
            command(ask.command().get(), lines);
        } else if (ask.ask().equals(LocalMessage.Ask.CONTROL) && ask.request().isPresent()) {
            control(ask.request().get(), lines);
        } else if (ask.ask().equals(LocalMessage.Ask.FOLLOW) && ask.query().isPresent()) {
            follow(ask.query().get(), lines);
        } else {
            write(lines, LocalMessage.Answer.error("this engine does not know the question \"" + ask.ask() + "\""));
        }
    }

    private void control(Messages.Request request, LineChannel lines) throws IOException {
        BlockingQueue<Messages.Answer> answer = new ArrayBlockingQueue<>(1);
        service.request(request, answer::offer);
        try {
            Messages.Answer said = answer.poll(UPDATE_MS, TimeUnit.MILLISECONDS);
            write(lines, said == null ? LocalMessage.Answer.error("no answer came") : LocalMessage.Answer.of(said));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Events as they happen, after those that the client does not have yet; until it goes. */
    private void follow(EventQuery query, LineChannel lines) throws IOException {
        BlockingQueue<LoggedEvent> heard = new ArrayBlockingQueue<>(MOST_UPDATES);
        try (AutoCloseable _ = service.follow(heard::offer)) {
            long seen = query.after();
            while (true) {
                heard.clear();
                // Of the log, not of what was heard: so nothing is missed, be a client ever so slow.
                List<LoggedEvent> news = service.events(new EventQuery(query.module(), seen, query.most()));
                write(lines, LocalMessage.Answer.of(news)); // Be it empty: so one is noticed who went.
                seen = news.isEmpty() ? seen : news.getLast().number();
                if (news.size() < query.most()) {
                    heard.poll(ALIVE_MS, TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void command(CommandRequest request, LineChannel lines) throws IOException {
        BlockingQueue<CommandUpdate> updates = new ArrayBlockingQueue<>(MOST_UPDATES);
        service.command(request, update -> {
            if (!updates.offer(update) && update.isLast()) {
                updates.clear(); // The client does not read: what counts is the end.
                updates.add(update);
            }
        });
        try {
            while (true) {
                CommandUpdate update = updates.poll(UPDATE_MS, TimeUnit.MILLISECONDS);
                if (update == null) {
                    write(lines, LocalMessage.Answer.error("nothing was heard of the command for an hour"));
                    return;
                }
                write(lines, LocalMessage.Answer.of(update));
                if (update.isLast()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void closeQuietly(AutoCloseable channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (Exception e) {
            LOG.debug("closing: {}", e.getMessage());
        }
    }

    /** Turns everybody away and removes the socket. */
    @Override
    public void close() {
        closeQuietly(server);
        clients.forEach(LocalSocket::closeQuietly);
        impatience.shutdownNow();
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", path, e.getMessage());
        }
    }
}
