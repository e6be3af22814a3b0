package io.gemel.engine.net;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * The node links of one node: for each registered module one {@link NodeLink} to the peer, kept up without end.
 *
 * <p>Of two nodes the one whose name sorts first dials, the other accepts, so that there are never two links. Each
 * module has its own TCP connection. Time is monotonic throughout: clocks may be wrong.
 */
public final class LinkService implements AutoCloseable {

    /** How late a loss may be noticed: a sixtieth of the detection time, within bounds. */
    private static final int TICKS_A_DETECTION = 60;

    private static final long LEAST_TICK_MS = 5;
    private static final long MOST_TICK_MS = 50;
    private static final long CLOSE_TIMEOUT_S = 5;
    private static final long OLD_LINK_TIMEOUT_MS = 1_000;
    private static final String ACCEPTED = "accepted";

    private final LinkSettings settings;
    private final Handshake handshake;
    private final LinkThreads threads = new LinkThreads();
    private final Admission admission = new Admission();
    private final List<Acceptor> acceptors = new ArrayList<>();
    private final List<Route> routes = new CopyOnWriteArrayList<>();
    private final List<Thread> ownThreads = new CopyOnWriteArrayList<>();
    private boolean started;
    private boolean closed;

    /** Changes nothing yet; see {@link #start}. */
    public LinkService(LinkSettings settings, NodeKey key) {
        this(settings, key, Handshake.PROTOCOL_VERSION);
    }

    LinkService(LinkSettings settings, NodeKey key, int protocolVersion) {
        this.settings = settings;
        this.handshake = new Handshake(settings, key, protocolVersion);
    }

    /** Listens and dials; a {@link Problem} when this node can listen nowhere. Modules may be registered before. */
    public synchronized void start() {
        if (started || closed) {
            throw new IllegalStateException("the link service was started before");
        }
        List<IOException> failures = new ArrayList<>();
        for (InetSocketAddress address : settings.listen()) {
            Acceptor acceptor = new Acceptor(address, handshake, threads, admission, new Desk());
            acceptors.add(acceptor);
            try {
                acceptor.bind();
            } catch (IOException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty() && failures.size() == acceptors.size()) {
            acceptors.forEach(Acceptor::close);
            throw new Problem(
                    "The node link cannot listen on " + settings.listen() + ": "
                            + failures.getFirst().getMessage(),
                    "Check this node's addresses in cluster.toml, and that no other engine runs: ss -ltnp",
                    failures.getFirst());
        }
        started = true;
        acceptors.forEach(a -> startThread(a, "link accept " + a.address()));
        routes.forEach(this::startDialing);
        threads.every(Math.clamp(settings.detectionMs() / TICKS_A_DETECTION, LEAST_TICK_MS, MOST_TICK_MS), this::tick);
    }

    /** The port of the first listen address, as bound. */
    public synchronized int port() {
        return acceptors.isEmpty() ? -1 : acceptors.getFirst().port();
    }

    /** Keeps a link for the module to each peer from now on. */
    public synchronized void register(String module, LinkListener listener) {
        if (closed || routes.stream().anyMatch(r -> r.module().equals(module))) {
            throw new IllegalStateException(closed ? "the link service is closed" : module + " is registered already");
        }
        for (PeerNode peer : settings.peers()) {
            Route route = new Route(module, peer, listener);
            routes.add(route);
            if (started) {
                startDialing(route);
            }
        }
    }

    /** Closes the module's link and makes no other; unknown modules are ignored. */
    public void unregister(String module) {
        List<Route> gone;
        synchronized (this) {
            gone = routes.stream().filter(r -> r.module().equals(module)).toList();
            routes.removeAll(gone);
        }
        gone.forEach(r -> r.close("module " + module + " needs the link no more"));
    }

    /** Closes every link and ends every thread, within {@value #CLOSE_TIMEOUT_S} s. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_TIMEOUT_S);
        acceptors.forEach(Acceptor::close);
        List<SocketLink> links = routes.stream().flatMap(r -> r.link().stream()).toList();
        routes.forEach(r -> r.close("this node closes its links"));
        ownThreads.forEach(Thread::interrupt);
        try {
            threads.close(deadlineNs);
            for (Thread thread : ownThreads) {
                thread.join(leftMs(deadlineNs));
            }
            for (SocketLink link : links) {
                link.awaitEnded(leftMs(deadlineNs));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long leftMs(long deadlineNs) {
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime()));
    }

    private void startDialing(Route route) {
        if (dials(route.peer())) {
            startThread(
                    new Dialer(route, handshake, threads, settings.detectionMs()),
                    "link dial " + route.module() + " " + route.peer().name());
        }
    }

    private boolean dials(PeerNode peer) {
        return settings.node().compareTo(peer.name()) < 0;
    }

    private void startThread(Runnable task, String name) {
        ownThreads.removeIf(t -> !t.isAlive());
        Thread thread = LinkThreads.daemon(task, name);
        thread.start();
        ownThreads.add(thread);
    }

    private void tick() {
        long nowNs = System.nanoTime();
        for (Route route : routes) {
            route.link().ifPresent(link -> {
                SocketLink.Due due = link.tick(nowNs);
                if (due != SocketLink.Due.NOTHING) {
                    threads.run(() -> link.settle(due)); // when no worker is free, the next tick finds the same
                }
            });
        }
    }

    private Optional<Route> route(PeerNode peer, String module) {
        return routes.stream()
                .filter(r -> r.module().equals(module) && r.peer().equals(peer))
                .findFirst();
    }

    /** The accepting side's view of this service. */
    private final class Desk implements Acceptor.Desk {

        @Override
        public Optional<String> refusal(PeerNode peer, String module) {
            if (dials(peer)) {
                return Optional.of(settings.node() + " dials " + peer.name() + ", never the other way");
            }
            Optional<Route> route = route(peer, module);
            if (route.isEmpty()) {
                return Optional.of("module " + module + " is not configured on " + settings.node());
            }
            if (!route.get().clear("node " + peer.name() + " connected anew", OLD_LINK_TIMEOUT_MS)) {
                return Optional.of("the earlier link of module " + module + " is still in use on " + settings.node());
            }
            return Optional.empty();
        }

        @Override
        public void established(Handshake.Established made, SocketChannel channel) {
            Optional<Route> route = route(made.peer(), made.module());
            if (route.isEmpty()) {
                LinkThreads.closeQuietly(channel);
                return;
            }
            String peer = made.peer().name();
            route.get().establish(new SocketLink(peer, made.module(), channel, made.wire(), settings.detectionMs()));
        }

        /** A stranger's attempt is only logged; one from a peer's own address is told to the modules that miss it. */
        @Override
        public void refused(InetAddress from, LinkRefusedException refusal) {
            for (Route route : routes) {
                boolean about = refusal.peer()
                        .map(peer -> route.peer().equals(peer)
                                && route.module().equals(refusal.module().orElse(route.module())))
                        .orElseGet(() -> comesFrom(route.peer(), from));
                if (about && route.link().isEmpty()) {
                    route.refused(ACCEPTED, refusal.getMessage());
                }
            }
        }

        private boolean comesFrom(PeerNode peer, InetAddress from) {
            return peer.addresses().stream().anyMatch(a -> from.equals(a.getAddress()));
        }
    }
}
