package io.gemel.engine.node;

import io.gemel.engine.control.CommandService;
import io.gemel.engine.control.ControlPlane;
import io.gemel.engine.control.ControlServer;
import io.gemel.engine.control.ControlSettings;
import io.gemel.engine.control.NodeSigner;
import io.gemel.engine.control.OwnModules;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.ServerTls;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control protocol of this node, where the cluster has an id; else nothing, and nothing is open. */
final class ControlSide implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ControlSide.class);
    private static final long REOPEN_MS = 2_000;
    private static final String HASH_PREFIX = "sha256:";

    private final ControlLink link = new ControlLink();
    private final ControlPlane plane;
    private final ServerTls tls;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicReference<ControlServer> server = new AtomicReference<>();
    private Optional<Thread> opener = Optional.empty();

    private ControlSide(
            ControlSettings settings, NodeKey key, Journal journal, CommandService service, OwnModules modules) {
        plane = new ControlPlane(settings, journal, service, modules, link, System::currentTimeMillis);
        link.serve(plane);
        tls = new ServerTls(key);
    }

    /** The one of this node, if the cluster has an id. */
    static Optional<ControlSide> of(
            ClusterConfig cluster,
            ClusterConfig.Node own,
            NodeKey key,
            Journal journal,
            CommandService service,
            OwnModules modules) {
        if (cluster.id().isEmpty()) {
            LOG.info("cluster.toml gives the cluster no id, so that no device can reach it (gemel init makes one)");
        }
        return cluster.id().map(id -> new ControlSide(settings(id, cluster, own, key), key, journal, service, modules));
    }

    private static ControlSettings settings(String id, ClusterConfig cluster, ClusterConfig.Node own, NodeKey key) {
        List<Messages.NodeAddress> nodes = cluster.nodes().stream()
                .map(node ->
                        new Messages.NodeAddress(HASH_PREFIX + node.keyHash(), node.name(), node.controlAddresses()))
                .toList();
        return new ControlSettings(
                id,
                cluster.name(),
                own.name(),
                nodes,
                new NodeSigner(key),
                own.control(),
                ControlSettings.Limits.STANDARD);
    }

    /** To be registered as the link {@link ControlLink#NAME}. */
    LinkListener link() {
        return link.listener();
    }

    ControlPlane plane() {
        return plane;
    }

    void happened(LoggedEvent event) {
        plane.happened(event);
    }

    /** Opens, as soon as that can be done: a port that is taken must not keep the engine from running. */
    void start() {
        plane.start();
        opener = Optional.of(Thread.ofVirtual().name("control-opener").start(this::open));
    }

    private void open() {
        boolean complained = false;
        try {
            do {
                try {
                    server.set(ControlServer.open(plane, tls));
                    return;
                } catch (Problem e) {
                    if (!complained) {
                        LOG.warn("{}; it tries again until it can ({})", e.what(), e.nextStep());
                    }
                    complained = true;
                }
            } while (!closed.await(REOPEN_MS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            if (opener.isPresent()) {
                opener.get().join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        plane.close();
        if (server.get() != null) {
            server.get().close();
        }
        link.close();
    }
}
