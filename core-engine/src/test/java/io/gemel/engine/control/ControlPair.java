package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.journal.Journal;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.ServerTls;
import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.State;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Two nodes of a cluster on loopback with everything of the control protocol, over applications that only count. */
final class ControlPair implements AutoCloseable {

    static final long PATIENCE_MS = 20_000;
    static final ControlSettings.Limits LIMITS =
            new ControlSettings.Limits(5_000, 64, 8, 128, 10_000, 30_000, 43_200_000, 180_000, 0, 0);

    private static final List<NodeKey> KEYS = List.of(key(), key());

    final SoftwareKey root = SoftwareKey.generate(KeyAlgorithm.ED25519);
    final AtomicLong clockMs = new AtomicLong(System.currentTimeMillis());
    final List<Messages.NodeAddress> addresses = new ArrayList<>();
    final Node n1;
    final Node n2;
    private final List<Integer> ports = List.of(freePort(), freePort());
    private final Path dir;
    private final ControlSettings.Limits limits;
    private volatile boolean linked;

    ControlPair(Path dir) {
        this(dir, LIMITS);
    }

    ControlPair(Path dir, ControlSettings.Limits limits) {
        this.dir = dir;
        this.limits = limits;
        for (int i = 0; i < KEYS.size(); i++) {
            addresses.add(new Messages.NodeAddress(
                    KEYS.get(i).keyHash(), "n" + (i + 1), List.of("127.0.0.1:" + ports.get(i))));
        }
        n1 = new Node(0);
        n2 = new Node(1);
        n1.start();
        n2.start();
        link();
    }

    private static NodeKey key() {
        try {
            return NodeKey.loadOrCreate(Files.createTempDirectory("gemel-key"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void await(String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("%s within %d ms", what, PATIENCE_MS)
                    .isLessThan(deadlineNs);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    void link() {
        linked = true;
        n1.plane.peerUp();
        n2.plane.peerUp();
    }

    void cut() {
        linked = false;
        n1.plane.peerDown();
        n2.plane.peerDown();
    }

    /** Both nodes are pinned; only these are known where to be reached, the first first. */
    ClusterAccess access(Node... order) {
        List<Messages.NodeAddress> known = new ArrayList<>();
        for (Node node : order) {
            known.add(addresses.get(node.index));
        }
        for (Messages.NodeAddress each : addresses) {
            if (!known.contains(each)) {
                known.add(new Messages.NodeAddress(each.node(), each.name(), List.of()));
            }
        }
        return new ClusterAccess(root.id(), "shop", known);
    }

    static Grant grant(SoftwareKey key, DeviceRole role, Optional<Long> expiresMs, String... modules) {
        return new Grant(
                key.id(),
                "device of " + role.word(),
                key.algorithm(),
                Base64.getEncoder().encodeToString(key.publicKey()),
                role,
                List.of(modules),
                expiresMs);
    }

    static Grant grant(SoftwareKey key, DeviceRole role, String... modules) {
        return grant(key, role, Optional.empty(), modules);
    }

    /** One node, which can die and come again with its journal. */
    final class Node {
        final int index;
        final String name;
        final NodeKey key;
        final Service service = new Service();
        ControlPlane plane;
        ControlServer server;
        private Journal journal;
        private volatile boolean runs;

        Node(int index) {
            this.index = index;
            this.name = "n" + (index + 1);
            this.key = KEYS.get(index);
        }

        void start() {
            journal = Journal.open(dir.resolve(name), key.keyHash());
            ControlSettings settings = new ControlSettings(
                    root.id(),
                    "shop",
                    name,
                    addresses,
                    new NodeSigner(key),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.get(index)),
                    limits);
            plane = new ControlPlane(settings, journal, service, service::own, this::say, clockMs::get);
            plane.start();
            server = ControlServer.open(plane, new ServerTls(key));
            runs = true;
        }

        void stop() {
            runs = false;
            plane.close();
            server.close();
            journal.close();
        }

        private boolean say(String json) {
            Node other = index == 0 ? n2 : n1;
            if (!linked || other == null || !other.runs) {
                return false;
            }
            other.plane.peerSaid(json);
            return true;
        }

        Messages.Answer ask(UnaryOperator<Messages.Request> question) {
            return plane.local(question.apply(Messages.Request.empty("q")));
        }

        /** Root signs that these devices, and no others, have grants. */
        SignedGrants grant(Grant... devices) {
            List<SignedGrants> tips = ask(Requests::grants).grants().orElseThrow();
            long version =
                    tips.stream().mapToLong(tip -> tip.grants().version()).max().orElse(0);
            SignedGrants next = SignedGrants.sign(
                    new Grants(
                            root.id(),
                            version + 1,
                            tips.stream().map(SignedGrants::hash).toList(),
                            clockMs.get(),
                            List.of(devices)),
                    root);
            assertThat(ask(request -> Requests.newGrants(request, next)).refusal())
                    .isEmpty();
            return next;
        }

        List<AuditEntry> audit() {
            return ask(request -> Requests.audit(request, -1, 500)).audit().orElseThrow().stream()
                    .map(json -> Json.read(AuditEntry.class, json))
                    .toList();
        }

        /** Waits until it is in the log that something was refused so. */
        void awaitRefusal(RefusalReason reason) {
            await(
                    reason + " in the audit log of " + name,
                    () -> audit().stream()
                            .anyMatch(entry -> entry.kind() == AuditEntry.Kind.REFUSAL
                                    && entry.text().startsWith(reason + ":")));
        }
    }

    /** A node's modules "app" and "db", PRIM on n1 and SECOND on n2; what is commanded is written down and done at once. */
    final class Service implements CommandService {
        final List<CommandRequest> commands = new CopyOnWriteArrayList<>();
        final Map<String, Long> epochs = new ConcurrentHashMap<>(new TreeMap<>(Map.of("app", 7L, "db", 7L)));
        final List<LoggedEvent> events = new CopyOnWriteArrayList<>();
        volatile boolean holds;
        volatile String reason = "because";

        private Node node() {
            return n1.service == this ? n1 : n2;
        }

        private NodeState state(Node node) {
            return new NodeState(
                    node.name,
                    node.index == 0 ? State.PRIM : State.SECOND,
                    Readiness.READY,
                    DataStatus.UP_TO_DATE,
                    false,
                    reason,
                    List.of(),
                    0,
                    new LinkState(true, 1, 2, true),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        List<OwnModules.Own> own() {
            return new TreeMap<>(epochs)
                    .entrySet().stream()
                            .map(each -> new OwnModules.Own(each.getKey(), Mode.MIRROR, each.getValue(), state(node())))
                            .toList();
        }

        @Override
        public ClusterState state() {
            return new ClusterState(
                    "shop",
                    epochs.keySet().stream()
                            .map(module -> ModuleState.of(module, Mode.MIRROR, List.of(state(n1), state(n2))))
                            .toList());
        }

        @Override
        public List<LoggedEvent> events(EventQuery query) {
            return events.stream()
                    .filter(event -> query.after() < 0 || event.number() > query.after())
                    .toList();
        }

        @Override
        public void command(CommandRequest request, Consumer<CommandUpdate> updates) {
            commands.add(request);
            updates.accept(new CommandUpdate(request.id(), CommandUpdate.Stage.ACCEPTED, "begun", ""));
            if (!holds) {
                updates.accept(new CommandUpdate(request.id(), CommandUpdate.Stage.DONE, "done", ""));
            }
        }
    }

    @Override
    public void close() {
        linked = false;
        n1.stop();
        n2.stop();
    }
}
