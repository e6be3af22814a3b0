package io.gemel.engine.lab.clients;

import io.gemel.engine.control.CommandService;
import io.gemel.engine.control.ControlPlane;
import io.gemel.engine.control.ControlServer;
import io.gemel.engine.control.ControlSettings;
import io.gemel.engine.control.NodeSigner;
import io.gemel.engine.control.OwnModules;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.ServerTls;
import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Two nodes on loopback with the real control protocol over a module that only stands there, for as many clients as one wants. */
final class SimulatedNodes implements AutoCloseable {

    private static final List<String> NAMES = List.of("n1", "n2");
    private static final int STRANGERS = 256;

    private final Path dir;
    private final SoftwareKey root;
    private final int mostSessions;
    private final List<Messages.NodeAddress> addresses = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();

    /**
     * @param dir where they keep their keys and journals
     * @param root key of the cluster
     * @param mostSessions that each takes
     */
    SimulatedNodes(Path dir, SoftwareKey root, int mostSessions) {
        this.dir = dir;
        this.root = root;
        this.mostSessions = mostSessions;
        List<NodeKey> keys = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        for (String name : NAMES) {
            keys.add(NodeKey.loadOrCreate(dir.resolve(name)));
            ports.add(freePort());
            addresses.add(
                    new Messages.NodeAddress(keys.getLast().keyHash(), name, List.of("127.0.0.1:" + ports.getLast())));
        }
        for (int i = 0; i < NAMES.size(); i++) {
            nodes.add(new Node(NAMES.get(i), keys.get(i), ports.get(i)));
        }
        nodes.forEach(Node::start);
        nodes.forEach(node -> node.plane.peerUp());
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives grants, as the root on a node does. */
    void grant(Messages.Request request) {
        nodes.getFirst().plane.local(request).refusal().ifPresent(why -> {
            throw why.problem();
        });
    }

    /** How they are reached: by one of them first, then the other. */
    List<ClusterAccess> ways() {
        return List.of(
                new ClusterAccess(root.id(), "fleet", addresses),
                new ClusterAccess(root.id(), "fleet", addresses.reversed()));
    }

    @Override
    public void close() {
        nodes.forEach(Node::close);
    }

    private static NodeState stateOf(String node) {
        return new NodeState(
                node,
                node.equals(NAMES.getFirst()) ? State.PRIM : State.SECOND,
                Readiness.READY,
                DataStatus.UP_TO_DATE,
                false,
                "simulated",
                List.of(),
                0,
                new LinkState(true, 1, 2, true),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private final class Node implements CommandService, AutoCloseable {
        private final String name;
        private final Journal journal;
        private final ControlPlane plane;
        private final ControlServer server;

        Node(String name, NodeKey key, int port) {
            this.name = name;
            journal = Journal.open(dir.resolve(name).resolve("journal"), key.keyHash());
            ControlSettings.Limits standard = ControlSettings.Limits.STANDARD;
            ControlSettings.Limits limits = new ControlSettings.Limits(
                    standard.handshakeMs(),
                    mostSessions,
                    STRANGERS,
                    STRANGERS,
                    standard.pingMs(),
                    standard.pongMs(),
                    standard.sessionMs(),
                    standard.offerMs(),
                    standard.firstDelayMs(),
                    standard.mostDelayMs());
            ControlSettings settings = new ControlSettings(
                    root.id(),
                    "fleet",
                    name,
                    addresses,
                    new NodeSigner(key),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                    limits);
            OwnModules modules = () -> List.of(new OwnModules.Own("app", Mode.MIRROR, 1, stateOf(name)));
            plane = new ControlPlane(settings, journal, this, modules, this::say, System::currentTimeMillis);
            server = ControlServer.open(plane, new ServerTls(key));
        }

        void start() {
            plane.start();
        }

        private boolean say(String json) {
            nodes.stream().filter(other -> !other.equals(this)).forEach(other -> other.plane.peerSaid(json));
            return nodes.size() == NAMES.size();
        }

        @Override
        public ClusterState state() {
            return new ClusterState(
                    "fleet",
                    List.of(ModuleState.of(
                            "app",
                            Mode.MIRROR,
                            NAMES.stream().map(SimulatedNodes::stateOf).toList())));
        }

        @Override
        public List<LoggedEvent> events(EventQuery query) {
            return List.of();
        }

        @Override
        public void command(CommandRequest request, Consumer<CommandUpdate> updates) {
            updates.accept(CommandUpdate.failed(
                    request.id(), new Problem("the module is simulated on " + name, "look, and do not touch")));
        }

        @Override
        public void close() {
            plane.close();
            server.close();
            journal.close();
        }
    }
}
