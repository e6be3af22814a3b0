package io.gemel.engine.net;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** Keeps one route's link up from the side that dials: each address of the peer in turn, for as long as it takes. */
final class Dialer implements Runnable {

    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final int FIRST_RETRY_MS = 100;
    private static final int LAST_RETRY_MS = 1_000;
    private static final long SHORT_LIFE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_AGAIN_MS = 1_000;

    private final Route route;
    private final Handshake handshake;
    private final LinkThreads threads;
    private final int detectionMs;

    Dialer(Route route, Handshake handshake, LinkThreads threads, int detectionMs) {
        this.route = route;
        this.handshake = handshake;
        this.threads = threads;
        this.detectionMs = detectionMs;
    }

    @Override
    public void run() {
        try {
            int failures = 0;
            int addresses = route.peer().addresses().size();
            if (addresses == 0) {
                route.refused(
                        "",
                        "cluster.toml has no address of node " + route.peer().name());
                return;
            }
            for (int next = 0; !route.isClosed(); next = (next + 1) % addresses) {
                Optional<SocketLink> link = attempt(route.peer().addresses().get(next));
                long startNs = System.nanoTime();
                if (link.isPresent()) {
                    route.establish(link.get());
                    while (!link.get().awaitEnded(LOOK_AGAIN_MS)) {
                        // the link is well, or its last frame is still being handled
                    }
                }
                boolean wentWell = link.isPresent() && System.nanoTime() - startNs >= SHORT_LIFE_NS;
                failures = wentWell ? 0 : failures + 1;
                if (failures > 0 && failures % addresses == 0) {
                    route.awaitClosed(retryMs(failures / addresses));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the service closes
        }
    }

    private static long retryMs(int rounds) {
        return Math.min(LAST_RETRY_MS, (long) FIRST_RETRY_MS << Math.min(rounds - 1, 10));
    }

    private Optional<SocketLink> attempt(InetSocketAddress configured) {
        PeerNode peer = route.peer();
        InetSocketAddress address = configured.isUnresolved()
                ? new InetSocketAddress(configured.getHostString(), configured.getPort())
                : configured;
        String where = configured.getHostString() + ":" + configured.getPort();
        SocketChannel channel = null;
        boolean done = false;
        LinkThreads.Deadline deadline = null;
        try {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(address, CONNECT_TIMEOUT_MS);
            deadline = threads.deadline(channel);
            Handshake.Established made = handshake.dial(channel, peer, route.module());
            if (!deadline.met()) {
                throw new SocketTimeoutException("too late");
            }
            done = true;
            return Optional.of(new SocketLink(peer.name(), route.module(), channel, made.wire(), detectionMs));
        } catch (LinkRefusedException e) {
            route.refused(where, e.getMessage());
        } catch (IOException | RuntimeException e) {
            route.refused(where, "node " + peer.name() + " at " + where + ": " + plain(e, deadline));
        } finally {
            if (deadline != null) {
                deadline.met();
            }
            if (!done) {
                LinkThreads.closeQuietly(channel);
            }
        }
        return Optional.empty();
    }

    private static String plain(Exception failure, LinkThreads.Deadline deadline) {
        if (deadline != null && deadline.passed()) {
            return "the handshake took longer than " + LinkThreads.HANDSHAKE_TIMEOUT_MS / 1000 + " s";
        }
        return switch (failure) {
            case SocketTimeoutException e -> "no answer within " + CONNECT_TIMEOUT_MS / 1000 + " s";
            case UnknownHostException e -> "the host name is unknown";
            case ConnectException e ->
                "connection refused".equalsIgnoreCase(e.getMessage())
                        ? "connection refused: the engine does not run there"
                        : Reason.of(e);
            case SSLException e -> "what answers is not a node (" + Reason.of(e) + ")";
            default -> Reason.of(failure);
        };
    }
}
