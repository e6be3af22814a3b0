package io.gemel.engine.control;

import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
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
 * The administrator's way to the engine on the node itself: a Unix domain socket that only root can open, one question a
 * connection, see {@link LocalMessage}. Each client has a thread of its own, so that one that hangs holds up nobody.
 */
public final class LocalSocket implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LocalSocket.class);
    private static final int MOST_CLIENTS = 64;
    private static final long QUESTION_MS = 10_000;
    private static final int MOST_UPDATES = 1_024;
    /** How long an update may take to come; the longest scripts take minutes, and their start and end are updates. */
    private static final long UPDATE_MS = 3_600_000;

    private final CommandService service;
    private final Path path;
    private final ServerSocketChannel server;
    private final Semaphore room = new Semaphore(MOST_CLIENTS);
    private final Set<SocketChannel> clients = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService impatience = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("local-timeouts").factory());

    private LocalSocket(CommandService service, Path path, ServerSocketChannel server) {
        this.service = service;
        this.path = path;
        this.server = server;
    }

    /** Listens at the path, in place of what a dead engine left there; its directory must be closed to others. */
    public static LocalSocket open(Path path, CommandService service) {
        ServerSocketChannel server = null;
        try {
            Files.deleteIfExists(path);
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            closeQuietly(server);
            throw new Problem(
                    "the engine cannot listen at " + path + ": " + e.getMessage(),
                    "see that the directory is there and that the engine runs as root",
                    e);
        }
        LocalSocket socket = new LocalSocket(service, path, server);
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
            if (question.isPresent()) {
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
            write(lines, LocalMessage.Answer.of(service.request(ask.request().get())));
        } else {
            write(lines, LocalMessage.Answer.error("this engine does not know the question \"" + ask.ask() + "\""));
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
