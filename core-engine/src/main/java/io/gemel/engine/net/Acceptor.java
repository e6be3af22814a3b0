package io.gemel.engine.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes connections on one address; each has a worker and a time limit until it has proven who it is. */
final class Acceptor implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
    private static final int BACKLOG_CONNECTIONS = 64;
    private static final long PAUSE_MS = 1_000;

    /** Where finished and refused handshakes go. */
    interface Desk extends Handshake.Gate {
        void established(Handshake.Established made, SocketChannel channel);

        void refused(InetAddress from, LinkRefusedException refusal);
    }

    private final InetSocketAddress address;
    private final Handshake handshake;
    private final LinkThreads threads;
    private final Admission admission;
    private final Desk desk;
    private final LogLimit log = new LogLimit(LOG);
    private volatile ServerSocketChannel server;
    private volatile boolean closed;

    Acceptor(InetSocketAddress address, Handshake handshake, LinkThreads threads, Admission admission, Desk desk) {
        this.address = address;
        this.handshake = handshake;
        this.threads = threads;
        this.admission = admission;
        this.desk = desk;
    }

    /** Starts to listen, so that {@link #run} finds connections. */
    void bind() throws IOException {
        ServerSocketChannel fresh = ServerSocketChannel.open();
        try {
            fresh.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            fresh.bind(address, BACKLOG_CONNECTIONS);
            server = fresh;
        } catch (IOException | RuntimeException e) {
            LinkThreads.closeQuietly(fresh);
            throw e;
        }
    }

    /** The port, or -1 while there is none. */
    int port() {
        ServerSocketChannel at = server;
        return at == null ? -1 : at.socket().getLocalPort();
    }

    InetSocketAddress address() {
        return address;
    }

    void close() {
        closed = true;
        LinkThreads.closeQuietly(server);
    }

    @Override
    public void run() {
        while (!closed) {
            try {
                if (server == null) {
                    bind(); // the address of a network that is not there yet
                }
                take(server.accept());
            } catch (IOException | RuntimeException e) {
                if (!closed) {
                    log.warn("cannot take connections on " + address + ": " + e);
                    pause();
                }
            }
        }
        LinkThreads.closeQuietly(server);
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private void take(SocketChannel channel) {
        boolean taken = false;
        try {
            InetAddress from = channel.socket().getInetAddress();
            if (from == null || !admission.enter(from)) {
                log.warn("a connection from " + from + " was turned away: too many have not proven who they are");
                return;
            }
            taken = threads.run(() -> greet(channel, from));
            if (!taken) {
                admission.leave(from);
            }
        } finally {
            if (!taken) {
                LinkThreads.closeQuietly(channel);
            }
        }
    }

    private void greet(SocketChannel channel, InetAddress from) {
        Handshake.Established made = null;
        LinkThreads.Deadline deadline = null;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            deadline = threads.deadline(channel);
            made = handshake.accept(channel, desk);
        } catch (LinkRefusedException e) {
            log.warn("no link with " + from + ": " + e.getMessage());
            desk.refused(from, e);
        } catch (IOException | RuntimeException e) {
            // The deadline closes the channel: whatever that became here, it is not the cause.
            String why = deadline != null && deadline.passed()
                    ? "it did not prove who it is within " + LinkThreads.HANDSHAKE_TIMEOUT_MS + " ms"
                    : Reason.of(e);
            log.warn("a connection from " + from + " came to nothing: " + why);
        } finally {
            admission.leave(from);
            if (deadline == null || !deadline.met() || made == null) {
                LinkThreads.closeQuietly(channel);
            } else {
                desk.established(made, channel);
            }
        }
    }
}
