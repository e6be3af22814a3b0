package io.gemel.engine.node;

import io.gemel.engine.cluster.ModuleMachine;
import io.gemel.engine.control.CommandService;
import io.gemel.engine.control.LocalSocket;
import io.gemel.engine.control.OwnModules;
import io.gemel.engine.control.ReadyServer;
import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.module.Configuration;
import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.ReleaseProgram;
import io.gemel.engine.module.Script;
import io.gemel.engine.module.VirtualIps;
import io.gemel.engine.module.checker.Surroundings;
import io.gemel.engine.net.LinkService;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine of one node: loads what it needs, runs every module, answers who asks, and stops in order. */
public final class Engine implements CommandService, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    /** How long modules may take to stop when the engine ends: their scripts' own bound, and room. */
    private static final long SHUTDOWN_MARGIN_MS = 60_000;

    /** After the detection time, how long a peer that is there may take to connect. */
    private static final long LOOK_MARGIN_MS = 2_000;

    private static final int SIGUSR1 = 10;

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * Where the engine finds and leaves things.
     *
     * @param etc configuration
     * @param lib what must survive: key and journal
     * @param run what need not: socket, lock, process id, mounts
     */
    public record Places(Path etc, Path lib, Path run) {
        /** The places of an installed engine. */
        public static final Places STANDARD =
                new Places(Path.of("/etc/gemel"), Path.of("/var/lib/gemel"), Path.of("/run/gemel"));

        /** Where the node's key is. */
        public Path key() {
            return lib.resolve("key");
        }

        /** What the engine serves for a moment at its start. */
        Path rehearsal() {
            return lib.resolve("rehearsal");
        }

        /** What is written down of mounts that the supervisor holds. */
        Path held() {
            return run.resolve("held");
        }

        /** The administrator's socket. */
        public Path socket() {
            return run.resolve("engine.sock");
        }
    }

    private final Configuration configuration;
    private final ClusterConfig.Node node;
    private final ClusterConfig.Node peer;
    private final PeerWays ways;
    private final Map<String, ModuleRuntime> modules = new LinkedHashMap<>();
    private final Map<String, RoleEpoch> epochs = new LinkedHashMap<>();
    private Optional<Journal> journal = Optional.empty();
    private Optional<ControlSide> control = Optional.empty();
    private Optional<LookDesk> lookDesk = Optional.empty();
    private final Set<Consumer<LoggedEvent>> followers = ConcurrentHashMap.newKeySet();
    private final Deque<AutoCloseable> closeLast = new ArrayDeque<>();

    private final Optional<Supervisor> supervisor;

    private Engine(Configuration configuration, ClusterConfig.Node node, Optional<Supervisor> supervisor) {
        this.supervisor = supervisor;
        this.configuration = configuration;
        this.node = node;
        this.peer = configuration.cluster().peerOf(node.name());
        this.ways = new PeerWays(configuration.cluster(), node, peer);
    }

    /**
     * Starts everything; a {@link Problem} when it cannot, and then nothing is left behind.
     *
     * @param looks shows this node to administrators elsewhere
     */
    public static Engine start(Places places, Looks looks) {
        Optional<Supervisor> supervisor = Supervisor.ofEnvironment();
        supervisor.filter(Supervisor::isStandby).ifPresent(parent -> Standby.awaitTurn(parent, places));
        EngineLock lock = EngineLock.take(places.run());
        Engine engine = null;
        try {
            Configuration configuration = Configuration.load(places.etc());
            NodeKey key = NodeKey.loadOrCreate(places.key());
            engine = new Engine(configuration, ownNode(configuration, key), supervisor);
            engine.lookDesk = Optional.of(new LookDesk(looks, engine.node.name()));
            engine.closeLast.push(lock);
            engine.run(places, key);
            return engine;
        } catch (RuntimeException | Error e) {
            if (engine == null) {
                lock.close();
            } else {
                engine.close();
            }
            throw e;
        }
    }

    /**
     * Does in a place of its own what {@link #start} does, then returns: for a JVM that writes down what it loaded and
     * compiled, so that engines start faster. Nothing that an engine on this node uses is touched.
     */
    public static void train(Places places) {
        Standby.train(places);
    }

    private static ClusterConfig.Node ownNode(Configuration configuration, NodeKey key) {
        return configuration
                .cluster()
                .nodeByKey(key.keyHash())
                .orElseThrow(() -> new Problem(
                        "no node in cluster.toml has this node's key " + key.keyHash(),
                        "put key = \"" + key.keyHash() + "\" into this node's [[node]] in cluster.toml on both nodes"));
    }

    /** Makes once what {@link #start} makes of the configuration, and does away with it. */
    static void rehearse(Places places, NodeKey key, Journal journal) {
        Configuration configuration = Configuration.load(places.etc());
        Engine engine = new Engine(configuration, ownNode(configuration, key), Optional.empty());
        try (LinkService links = new LinkService(engine.ways.linkSettings(), key);
                Heartbeat heartbeat = engine.ways.heartbeat(key, List.of(), 1);
                ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            Shared shared = new Shared(places, journal, timer, engine.mounts(places), heartbeat, Witness.NONE);
            for (ModuleConfig module : configuration.modules()) {
                try (ModuleRuntime runtime = engine.runtime(module, shared)) {
                    links.register(module.name(), runtime.linkListener());
                    LOG.debug("{}", runtime.ownState());
                }
            }
            timer.shutdownNow();
        }
    }

    private void run(Places places, NodeKey key) {
        Journal journal = Journal.open(places.lib().resolve("journal"), key.keyHash());
        closeLast.push(journal);
        this.journal = Optional.of(journal);
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("announcements").factory());
        closeLast.push(timer::shutdownNow);
        writeMounts(places);
        Heartbeat heartbeat = ways.heartbeat(key, ways.paths(), journal.nextIncarnation(System.currentTimeMillis()));
        closeLast.push(heartbeat);
        LinkService links = new LinkService(ways.linkSettings(), key);
        closeLast.push(links);
        control = ControlSide.of(configuration.cluster(), node, key, journal, this, this::own);
        control.ifPresent(closeLast::push);
        Witness witness = Witness.of(configuration.cluster().witnesses(), key, peer);
        Shared shared = new Shared(places, journal, timer, mounts(places), heartbeat, witness);
        List<ModuleRuntime> fresh = new ArrayList<>();
        for (ModuleConfig module : configuration.modules()) {
            ModuleRuntime runtime = runtime(module, shared);
            modules.put(module.name(), runtime);
            if (!runtime.resume()) {
                fresh.add(runtime);
            }
            links.register(module.name(), runtime.linkListener());
            heartbeat.add(runtime.heartbeats());
            witness.greet(module.name());
        }
        control.ifPresent(side -> links.register(ControlLink.NAME, side.link()));
        links.start();
        fresh.forEach(ModuleRuntime::start);
        // Later than what an application may wait for.
        control.ifPresent(ControlSide::start);
        closeLast.push(
                LocalSocket.open(places.socket(), this, configuration.cluster().administrators()));
        closeLast.push(new Rehearsal(
                places.rehearsal(),
                journal,
                configuration.modules().stream().map(this::virtualIps).toList()));
        supervisor.ifPresent(parent -> closeLast.push(
                new Pulse(parent, configuration.cluster().detection().toMillis())));
        node.ready().ifPresent(listen -> closeLast.push(ReadyServer.keepOpen(listen, node.name(), this)));
        LOG.info(
                "engine of {} in cluster {} runs, modules: {}",
                node.name(),
                configuration.cluster().name(),
                modules.keySet());
    }

    /** Where this engine may mount: the supervisor detaches what a dead engine left there. */
    private void writeMounts(Places places) {
        List<String> directories = new ArrayList<>(List.of(
                places.rehearsal().toString(),
                places.lib().resolve("standby/directory").toString()));
        for (ModuleConfig module : configuration.modules()) {
            module.replication().directories().forEach(directory -> directories.add(directory.toString()));
        }
        try {
            Files.createDirectories(places.held());
            Files.write(places.run().resolve("mounts"), directories);
        } catch (IOException e) {
            throw new Problem(
                    "the engine cannot write to " + places.run() + ": " + e.getMessage(),
                    "make room, or run it as root",
                    e);
        }
    }

    /** The mounts of each module; the supervisor keeps what an engine left that can be resumed, and nothing else. */
    private Map<String, ModuleMounts> mounts(Places places) {
        Map<String, ModuleMounts> mounts = new LinkedHashMap<>();
        for (ModuleConfig module : configuration.modules()) {
            mounts.put(
                    module.name(),
                    new ModuleMounts(
                            supervisor,
                            places.held(),
                            module.name(),
                            directories(module),
                            MirrorSettings.DEFAULT_WORKERS));
        }
        supervisor.ifPresent(holder -> holder.keepOnly(mounts.values().stream()
                .flatMap(each -> each.numbers().stream())
                .toList()));
        return mounts;
    }

    private static List<String> directories(ModuleConfig module) {
        return module.replication().directories().stream().map(Path::toString).toList();
    }

    /** What the modules of this node share. */
    private record Shared(
            Places places,
            Journal journal,
            ScheduledExecutorService timer,
            Map<String, ModuleMounts> mounts,
            Heartbeat heartbeat,
            Witness witness) {}

    private ModuleRuntime runtime(ModuleConfig module, Shared shared) {
        Journal journal = shared.journal();
        JournalReplicaStore store = new JournalReplicaStore(journal, module.name());
        Script script = new Script(module, node.name());
        ModuleEvents events = ModuleEvents.into(journal.events(), node.name(), module.name(), this::happened);
        RoleEpoch epoch = new RoleEpoch(shared.heartbeat().incarnation());
        epochs.put(module.name(), epoch);
        Surroundings surroundings = new Surroundings(module, script, virtualIps(module), this::notServed);
        String boot = bootId();
        MirrorSettings settings = new MirrorSettings(
                module.name(),
                directories(module),
                module.replication().excludePatterns(),
                module.replication().sync() == ModuleConfig.Sync.WRITE ? SyncMode.WRITE : SyncMode.FSYNC,
                module.replication().resyncBytesPerSecond(),
                MirrorSettings.DEFAULT_WORKERS);
        long detectionMs = configuration.cluster().detection().toMillis();
        return new ModuleRuntime(
                module.name(),
                node.name(),
                peer.name(),
                new ModuleRuntime.Parts(
                        store,
                        listener -> new MirrorDataPlane(
                                settings,
                                directory -> journal.identities(module.name(), directory),
                                journal.changes(module.name()),
                                shared.mounts().get(module.name()),
                                store,
                                listener),
                        new ScriptedApplication(module, script, events),
                        new AnnouncedAddresses(virtualIps(module), shared.timer()),
                        release(module, shared),
                        new ModuleMachine.Settings(
                                detectionMs + LOOK_MARGIN_MS,
                                detectionMs,
                                defaultPrimary(module),
                                module.surveillance().applicationRules()),
                        shared.witness(),
                        new ModuleRuntime.Engines(boot, shared.heartbeat().incarnation(), shared.heartbeat()::met),
                        new Watching(
                                events,
                                epoch,
                                () -> control.ifPresent(side -> side.plane().changed(module.name())),
                                ears -> new RunningChecks(surroundings, journal, boot, ears))));
    }

    /** Why no node serves the module, as far as this one knows; empty when one does. */
    private String notServed(String module) {
        return state().modules().stream()
                .filter(state -> state.name().equals(module))
                .findFirst()
                .map(state -> state.serviceUp() ? "" : module + " is not served by any node")
                .orElse("there is no module " + module);
    }

    private EffectHands.Release release(ModuleConfig module, Shared shared) {
        ReleaseProgram program = new ReleaseProgram(shared.places().run().resolve("release"), module, node.name());
        return new EffectHands.Release() {
            @Override
            public void write() {
                program.write();
            }

            @Override
            public void remove() {
                program.remove();
            }
        };
    }

    private static Optional<ModuleMachine.DefaultPrimary> defaultPrimary(ModuleConfig module) {
        return module.defaultPrimary()
                .map(primary -> new ModuleMachine.DefaultPrimary(
                        primary.node(), primary.after().toMillis()));
    }

    private VirtualIps virtualIps(ModuleConfig module) {
        return new VirtualIps(module.virtualIps(), node.addresses());
    }

    /** Names this run of the machine; one of its own for this engine where the system does not say. */
    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            LOG.warn("{} cannot be read, so a restart of the engine counts as one of the machine", BOOT_ID, e);
            return UUID.randomUUID().toString();
        }
    }

    /** Asks a supervisor for an engine of what is installed now. */
    public static void askForUpgrade(long supervisor) {
        int result = (int) Syscall.call(SyscallNumber.KILL, supervisor, SIGUSR1);
        if (result < 0) {
            throw new Problem(
                    "the supervisor (process " + supervisor + ") cannot be asked: " + Errno.describe(-result),
                    "run it as root");
        }
    }

    @Override
    public ClusterState state() {
        List<ModuleState> states = new ArrayList<>();
        modules.forEach((name, runtime) -> states.add(ModuleState.of(
                name,
                Mode.MIRROR,
                configuration.cluster().nodes().stream()
                        .map(each -> each.equals(node) ? runtime.ownState() : runtime.peerState())
                        .toList())));
        return new ClusterState(configuration.cluster().name(), states);
    }

    /** This node's modules, for those who are told from here. */
    private List<OwnModules.Own> own() {
        return modules.entrySet().stream()
                .map(each -> new OwnModules.Own(
                        each.getKey(),
                        Mode.MIRROR,
                        epochs.get(each.getKey()).now(),
                        each.getValue().ownState()))
                .toList();
    }

    @Override
    public void request(Messages.Request request, Consumer<Messages.Answer> answer) {
        control.ifPresentOrElse(
                side -> side.plane().local(request, answer), () -> CommandService.super.request(request, answer));
    }

    @Override
    public CompletableFuture<Messages.Seen> look(Messages.Look at) {
        return lookDesk.map(desk -> desk.look(at)).orElseGet(() -> CommandService.super.look(at));
    }

    @Override
    public AutoCloseable follow(Consumer<LoggedEvent> events) {
        followers.add(events);
        return () -> followers.remove(events);
    }

    private void happened(LoggedEvent event) {
        control.ifPresent(side -> side.happened(event));
        followers.forEach(each -> each.accept(event));
    }

    @Override
    public List<LoggedEvent> events(EventQuery query) {
        return ModuleEvents.read(journal.orElseThrow().events(), query);
    }

    @Override
    public void command(CommandRequest request, Consumer<CommandUpdate> updates) {
        ModuleRuntime runtime = modules.get(request.module());
        if (runtime == null) {
            updates.accept(CommandUpdate.failed(
                    request.id(),
                    new Problem(
                            "there is no module \"" + request.module() + "\" on " + node.name(),
                            modules.isEmpty()
                                    ? "gemel module add"
                                    : "one of: " + String.join(", ", modules.keySet()))));
        } else if (!request.node().isEmpty()
                && configuration.cluster().node(request.node()).isEmpty()) {
            updates.accept(CommandUpdate.failed(
                    request.id(),
                    new Problem(
                            "there is no node \"" + request.node() + "\" in this cluster",
                            "one of: " + node.name() + ", " + peer.name())));
        } else {
            runtime.command(request, updates);
        }
    }

    private List<String> whoNeeds(String module) {
        return configuration.modules().stream()
                .filter(other -> other.surveillance().needs().contains(module))
                .map(ModuleConfig::name)
                .filter(modules::containsKey)
                .toList();
    }

    /** Stops every module in order, at the same time where none needs the other, and ends. The next engine starts those that were started. */
    @Override
    public void close() {
        supervisor.ifPresent(parent -> parent.tell("ending"));
        long withinMs = SHUTDOWN_MARGIN_MS
                + configuration.modules().stream()
                        .mapToLong(module -> module.scriptTimeout().toMillis())
                        .max()
                        .orElse(0);
        DependentsFirst.forEach(
                modules.keySet(), this::whoNeeds, name -> modules.get(name).shutdown(withinMs));
        modules.values().forEach(ModuleRuntime::close);
        while (!closeLast.isEmpty()) {
            AutoCloseable next = closeLast.pop();
            try {
                next.close();
            } catch (Exception e) {
                LOG.warn("closing {}: {}", next, e.getMessage());
            }
        }
        LOG.info("engine of {} ended", node.name());
    }
}
