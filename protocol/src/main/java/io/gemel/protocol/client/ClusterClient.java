package io.gemel.protocol.client;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Signer;
import io.gemel.protocol.wire.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * One cluster, as a paired device reaches it: connects to whichever node answers, stays connected, shows what every
 * node says of itself, sends commands and follows them. A session that ends is replaced by the next, through the other
 * node where this one does not answer; commands that had not ended are sent again, and run once.
 *
 * <p>Safe for several threads. Pair once with {@link PairingClient}, then {@link #open}.
 */
public final class ClusterClient implements AutoCloseable {

    private static final long TICK_MS = 1_000;

    private static final long LEAST_PAUSE_MS = 250;
    private static final long MOST_PAUSE_MS = 10_000;
    /** After a refusal that only a person can change. */
    private static final long REFUSED_PAUSE_MS = 30_000;

    private static final int MOST_PENDING = 64;
    private static final int MOST_DOUBLINGS = 6;
    /** So that a command is still in time when it arrives. */
    private static final long COMMAND_MARGIN_MS = 2_000;

    private final Transport transport;
    private final ClusterAccess access;
    private final Signer device;
    private final ClusterListener listener;
    private final List<ClientSession.Target> targets;
    private final Map<String, PendingCommand> commands = new LinkedHashMap<>();
    private final Map<String, CompletableFuture<Messages.Answer>> questions = new LinkedHashMap<>();
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private final ScheduledFuture<?> ticks;
    private final ClusterView view;
    private Optional<ClientSession> session = Optional.empty();
    private Optional<Messages.Welcome> welcome = Optional.empty();
    private Optional<Refusal> lastRefusal = Optional.empty();
    /** What the node's clock is ahead of this machine's. */
    private long aheadMs;

    private int attempts;
    private boolean closed;

    private ClusterClient(Transport transport, ClusterAccess access, Signer device, ClusterListener listener) {
        this.transport = transport;
        this.access = access;
        this.device = device;
        this.listener = listener;
        this.view = new ClusterView(access.cluster(), access.nodes());
        this.view.named(access.name());
        this.targets = targets(access);
        if (targets.isEmpty()) {
            throw new Problem("no node of the cluster " + access.name() + " has an address", "pair again: gemel pair");
        }
        synchronized (this) {
            ticks = transport.timer().scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
            connect();
        }
    }

    /** Begins to connect; the listener hears what comes of it. */
    public static ClusterClient open(
            Transport transport, ClusterAccess access, Signer device, ClusterListener listener) {
        return new ClusterClient(transport, access, device, listener);
    }

    /** The first addresses of all nodes, then their second ones. */
    private static List<ClientSession.Target> targets(ClusterAccess access) {
        List<ClientSession.Target> all = new ArrayList<>();
        int most = access.nodes().stream()
                .mapToInt(node -> node.addresses().size())
                .max()
                .orElse(0);
        for (int i = 0; i < most; i++) {
            for (Messages.NodeAddress node : access.nodes()) {
                if (i < node.addresses().size()) {
                    all.add(new ClientSession.Target(node, node.addresses().get(i)));
                }
            }
        }
        return all;
    }

    private void connect() {
        if (closed) {
            return;
        }
        ClientSession.Target target = targets.get(attempts % targets.size());
        attempts++;
        session = Optional.of(ClientSession.open(transport, this, access, target, device, new Ears()));
    }

    private void connectLater(RefusalReason why) {
        int rounds = Math.min(MOST_DOUBLINGS, (attempts - 1) / targets.size());
        boolean byAPerson =
                why == RefusalReason.NO_GRANT || why == RefusalReason.EXPIRED || why == RefusalReason.VERSION;
        long mostMs = byAPerson ? REFUSED_PAUSE_MS : Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS << rounds);
        long pauseMs = rounds == 0 && !byAPerson ? 0 : (long) (mostMs * (1 + transport.jitter()) / 2);
        if (!closed) {
            ScheduledFuture<?> unused = transport.timer().schedule(this::connectNow, pauseMs, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void connectNow() {
        if (session.isEmpty()) {
            connect();
        }
    }

    private synchronized void tick() {
        if (closed) {
            return;
        }
        giveUpOld();
        if (session.filter(ClientSession::isOpen).isEmpty()) {
            listener.changed(view.state(ClientSession.nowMs()));
        }
    }

    /** Commands that nobody has and nobody will take any more. */
    private void giveUpOld() {
        long nowMs = nodeTimeMs();
        for (PendingCommand each : List.copyOf(commands.values())) {
            if (!each.isAccepted() && nowMs > each.envelope().notAfterMs()) {
                commands.remove(each.envelope().command().id());
                each.tell(CommandUpdate.failed(
                        each.envelope().command().id(),
                        new Problem(
                                "no node answered in time; whether the command was carried out is not known",
                                "gemel state")));
            }
        }
    }

    private long nodeTimeMs() {
        return System.currentTimeMillis() + aheadMs;
    }

    private void lost(ClientSession gone, Refusal why) {
        if (session.filter(gone::equals).isEmpty()) {
            return;
        }
        boolean stood = gone.isOpen();
        gone.close();
        session = Optional.empty();
        List.copyOf(questions.values()).forEach(each -> each.completeExceptionally(why.problem()));
        questions.clear();
        if (closed) {
            return;
        }
        if (stood) {
            attempts = 1
                    + targets.indexOf(targets.stream()
                            .filter(each -> each.node().equals(gone.node()))
                            .findFirst()
                            .orElseThrow());
        }
        if (!lastRefusal.equals(Optional.of(why))) {
            lastRefusal = Optional.of(why);
            listener.disconnected(why);
        }
        connectLater(why.reason());
    }

    private final class Ears implements ClientSession.Ears {
        @Override
        public void welcome(ClientSession from, Messages.Welcome said, long nodeTimeMs) {
            if (session.filter(from::equals).isEmpty()) {
                return;
            }
            aheadMs = nodeTimeMs - System.currentTimeMillis();
            attempts = 0;
            lastRefusal = Optional.empty();
            welcome = Optional.of(said);
            view.named(said.clusterName());
            from.send(
                    FrameType.SUBSCRIBE, Json.write(Messages.Subscribe.class, new Messages.Subscribe(view.cursors())));
            commands.values().forEach(each -> send(from, each));
            listener.connected(from.node().name());
            connected.complete(null);
        }

        @Override
        public void frame(ClientSession from, Frame frame) {
            if (session.filter(from::equals).isEmpty()) {
                return;
            }
            switch (frame.type()) {
                case STATEMENT ->
                    told(
                            Json.read(Messages.Told.class, frame.json()),
                            from.node().node());
                case UPDATE -> {
                    CommandUpdate update = Json.read(CommandUpdate.class, frame.json());
                    PendingCommand command = update.isLast() ? commands.remove(update.id()) : commands.get(update.id());
                    if (command != null) {
                        command.tell(update);
                    }
                }
                case ANSWER -> {
                    Messages.Answer answer = Json.read(Messages.Answer.class, frame.json());
                    CompletableFuture<Messages.Answer> question = questions.remove(answer.id());
                    if (question != null) {
                        question.complete(answer);
                    }
                }
                default -> {
                    // Of a newer node: what this client does not know it does not need.
                }
            }
        }

        @Override
        public void ended(ClientSession from, RefusedException why) {
            lost(from, why.refusal());
        }
    }

    private void told(Messages.Told told, String from) {
        try {
            if (told.statement().kind() == Statement.Kind.EVENT) {
                if (view.event(told, from)) {
                    listener.event(told.statement().event());
                }
            } else if (view.report(told, from, ClientSession.nowMs())) {
                listener.changed(view.state(ClientSession.nowMs()));
            }
        } catch (RefusedException e) {
            listener.distrusted(e.refusal());
        }
    }

    private static void send(ClientSession to, PendingCommand command) {
        to.send(FrameType.COMMAND, Json.write(CommandEnvelope.class, command.envelope()));
    }

    /** Completes when the first session stands. */
    public CompletableFuture<Void> connected() {
        return connected;
    }

    /** Everything at a glance, with the age of each part. */
    public synchronized ClusterState state() {
        return view.state(ClientSession.nowMs());
    }

    /** Why there is no session, if there is none and a reason is known. */
    public synchronized Optional<Refusal> whyDisconnected() {
        return session.filter(ClientSession::isOpen).isPresent() ? Optional.empty() : lastRefusal;
    }

    /** What the node said of this device at the begin of the last session. */
    public synchronized Optional<Messages.Welcome> welcome() {
        return welcome;
    }

    /**
     * Sends a command and follows it, over as many sessions as it takes.
     *
     * @param command its id may be empty: then one is made; its node must be named, except for swap, verify and repair
     * @param updates what becomes of it, also when it is told twice; must not block
     * @return the last update; a {@link Problem} at once when the command cannot be sent
     */
    public synchronized CompletableFuture<CommandUpdate> command(
            CommandRequest command, Consumer<CommandUpdate> updates) {
        if (commands.size() >= MOST_PENDING) {
            throw new Problem(MOST_PENDING + " commands have not ended yet", "wait for them: gemel state");
        }
        String node = responsible(command).node();
        long epoch = view.epoch(command.module(), node)
                .orElseThrow(() -> new Problem(
                        "nothing was heard of the module " + command.module() + " on that node yet",
                        "gemel state shows what is there"));
        String id = command.id().isEmpty() ? UUID.randomUUID().toString() : command.id();
        CommandRequest named = new CommandRequest(
                id,
                command.verb(),
                command.module(),
                command.node(),
                command.force(),
                command.reason(),
                command.fullSync());
        long notAfterMs = nodeTimeMs() + CommandEnvelope.LONGEST_MS - COMMAND_MARGIN_MS;
        PendingCommand pending = new PendingCommand(new CommandEnvelope(named, notAfterMs, epoch), updates);
        commands.put(id, pending);
        session.filter(ClientSession::isOpen).ifPresent(open -> send(open, pending));
        return pending.end();
    }

    /** Which node carries a command out; a {@link Problem} when that is not clear. */
    public synchronized Messages.NodeAddress responsible(CommandRequest command) {
        List<Messages.NodeAddress> nodes = welcome.map(Messages.Welcome::nodes)
                .orElseThrow(
                        () -> new Problem("no node of " + access.name() + " answered yet", "see the network, or wait"));
        if (command.node().isEmpty()) {
            if (isForBoth(command.verb())) {
                return nodes.get(0);
            }
            throw new Problem(
                    command.verb().word() + " needs to know on which node",
                    "name it: --node " + nodes.get(0).name());
        }
        return nodes.stream()
                .filter(node -> node.name().equals(command.node()))
                .findFirst()
                .orElseThrow(() -> new Problem(
                        "there is no node \"" + command.node() + "\" in this cluster",
                        "one of: "
                                + String.join(
                                        ", ",
                                        nodes.stream()
                                                .map(Messages.NodeAddress::name)
                                                .toList())));
    }

    /** Whether a verb concerns both nodes, so that none needs to be named. */
    public static boolean isForBoth(Verb verb) {
        return verb == Verb.SWAP || verb == Verb.VERIFY || verb == Verb.REPAIR;
    }

    /**
     * Asks the node of the session something.
     *
     * @param question fills in what is asked
     * @return the answer; a {@link Problem} when it was refused, or the session ended first
     */
    public synchronized CompletableFuture<Messages.Answer> ask(UnaryOperator<Messages.Request> question) {
        ClientSession open = session.filter(ClientSession::isOpen)
                .orElseThrow(() -> lastRefusal
                        .map(Refusal::problem)
                        .orElseGet(() -> new Problem("there is no session yet", "wait, or see the network")));
        String id = UUID.randomUUID().toString();
        if (questions.size() >= MOST_PENDING) {
            throw new Problem(MOST_PENDING + " questions have no answer yet", "wait for them");
        }
        CompletableFuture<Messages.Answer> answer = new CompletableFuture<>();
        questions.put(id, answer);
        open.send(FrameType.REQUEST, Json.write(Messages.Request.class, question.apply(Messages.Request.empty(id))));
        return answer.thenApply(said -> {
            said.refusal().ifPresent(why -> {
                throw new RefusedException(why);
            });
            return said;
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
        ticks.cancel(false);
        session.ifPresent(ClientSession::close);
        session = Optional.empty();
        Problem ended = new Problem("the client was closed", "open it again");
        questions.values().forEach(each -> each.completeExceptionally(ended));
        commands.values().forEach(each -> each.end().completeExceptionally(ended));
        questions.clear();
        commands.clear();
    }
}
