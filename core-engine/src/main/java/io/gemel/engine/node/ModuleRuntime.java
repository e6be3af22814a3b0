package io.gemel.engine.node;

import io.gemel.engine.cluster.Command;
import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.LastRole;
import io.gemel.engine.cluster.ModuleMachine;
import io.gemel.engine.cluster.PeerStatus;
import io.gemel.engine.fs.Snapshot;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.NodeLink;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One mirror module on this node: feeds its brain in one thread, carries out what the brain wants, tells the peer's brain
 * and whoever asks.
 */
final class ModuleRuntime implements AutoCloseable {

    /** How often the peer is told without a change; much below any detection time that is sensible. */
    static final long STATUS_PERIOD_MS = 500;

    private static final String SHUTDOWN_ID = "shutdown";

    /** The parts that it joins. */
    record Parts(
            ReplicaStore store,
            Function<DataPlane.Listener, DataPlane> dataPlane,
            Application application,
            Addresses addresses,
            EffectHands.Release release,
            ModuleMachine.Settings settings,
            Witness witness,
            Engines engines,
            Watching watching) {}

    /**
     * The two engines.
     *
     * @param boot names this run of the machine
     * @param incarnation of this engine
     * @param met told the incarnation that the peer's engine names over the link
     */
    record Engines(String boot, long incarnation, LongConsumer met) {}

    private final Logger log;
    private final String node;
    private final String peer;
    private final String module;
    private final Parts parts;
    private final DataPlane dataPlane;
    private final EffectHands hands;
    private final FirstSteps first;
    private final ModuleMachine machine;
    private final CommandDesk commands = new CommandDesk();
    private final CommandDesk forwarded = new CommandDesk();
    private final Verifier verifier;
    private final Checks checks;
    private final Reporter reporter;
    private final LinkEnd link;
    private final TaskThread brain;
    private final Queue<Event> followUps = new ArrayDeque<>();
    /** The link that the brain knows of; another may stand already. Only the brain's thread uses it. */
    private NodeLink known;

    private Optional<PeerStatus> lastSaid = Optional.empty();
    private volatile PeerView peerView;
    private volatile PeerReport own;

    ModuleRuntime(String module, String node, String peer, Parts parts) {
        this.log = LoggerFactory.getLogger("gemel.module." + module);
        this.module = module;
        this.node = node;
        this.peer = peer;
        this.parts = parts;
        this.dataPlane =
                parts.dataPlane().apply(new DataPlaneEvents(this::post, this::feed, this::isDurable, this::isWhole));
        this.machine = new ModuleMachine(
                module,
                node,
                peer,
                parts.engines().boot(),
                parts.store().load(),
                parts.settings(),
                GenerationNames::mint);
        this.peerView = PeerView.nothingYet(peer, nowMs());
        this.own = PeerReport.of(machine.status(), parts.engines().incarnation());
        this.checks = parts.watching().checks().apply(event -> post(() -> feed(event)));
        this.reporter = new Reporter(
                dataPlane, parts.addresses(), checks, parts.engines().incarnation());
        this.hands =
                new EffectHands(module, dataPlane, parts.application(), parts.addresses(), parts.release(), new Ends());
        this.first = new FirstSteps(log, dataPlane, parts);
        this.verifier = new Verifier(module, peer, dataPlane, commands);
        this.link = new LinkEnd(module, new ModuleLink(dataPlane, new LinkEvents()));
        long periodMs =
                Math.min(STATUS_PERIOD_MS, Heartbeat.periodMs(parts.settings().detectionMs()));
        this.brain = new TaskThread("brain-" + module, periodMs, () -> feed(new Event.Tick()));
    }

    private void post(Runnable task) {
        brain.post(task);
    }

    private boolean isWhole() {
        return own.status().dataStatus() != DataStatus.INCONSISTENT;
    }

    private boolean isDurable() {
        return machine.replicaRecord().equals(parts.store().load());
    }

    /** What the heartbeats are to be given. */
    Heartbeat.Module heartbeats() {
        return new ModuleBeats(
                module,
                () -> own.status(),
                link::silentMs,
                event -> brain.post(() -> {
                    peerView = peerView.beat(event, nowMs());
                    feed(event);
                }));
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** Goes on where an engine died that served, before anybody hears of this one; whether it did: else {@link #start}. */
    boolean resume() {
        if (!first.resume(own.status().lastRole() == LastRole.PRIM)) {
            return false;
        }
        CompletableFuture<Void> known = new CompletableFuture<>();
        Event.FailuresFound found = checks.start();
        brain.post(() -> {
            feed(found);
            feed(new Event.Resumed());
            known.complete(null);
        });
        known.join();
        return true;
    }

    /** Clears what a dead engine left and begins. */
    void start() {
        hands.first(() -> {
            first.clear(own.status().lastRole() != LastRole.NONE);
            Event.FailuresFound found = checks.start();
            brain.post(() -> {
                feed(found);
                feed(new Event.Boot());
            });
        });
    }

    /** What the link service is to be given. */
    LinkListener linkListener() {
        return link;
    }

    private void feed(Event event) {
        if (event instanceof Event.Boot || event instanceof Event.Tick || event instanceof Event.PeerLost) {
            step(new Event.AddressesLookedAt(parts.addresses().obstacle()));
        }
        if (event instanceof Event.Tick) {
            checks.tick();
        }
        step(event);
        while (!followUps.isEmpty()) {
            step(followUps.poll());
        }
        publish(event instanceof Event.Tick || event instanceof Event.LinkUp);
    }

    private void step(Event event) {
        List<Effect> effects = machine.step(nowMs(), event);
        if (!machine.servesSteadily()) {
            dataPlane.serves(false);
        }
        for (Effect effect : effects) {
            try {
                carryOut(effect);
            } catch (RuntimeException | Error e) {
                log.error("{} failed", effect, e);
                followUps.add(new Event.EffectFailed(effect, EffectHands.asProblem(e)));
                return;
            }
        }
        if (machine.servesSteadily()) {
            dataPlane.serves(true);
        }
    }

    private void carryOut(Effect effect) {
        switch (effect) {
            case Effect.Persist persist -> parts.store().save(persist.replica());
            case Effect.GoAlone alone -> {
                dataPlane.goAlone();
                followUps.add(new Event.EffectDone(effect));
            }
            case Effect.RefuseCalls refuse -> {
                dataPlane.refuseCalls();
                followUps.add(new Event.EffectDone(effect));
            }
            case Effect.KeepAddresses keep -> parts.addresses().resume();
            case Effect.AskWitness question ->
                parts.witness()
                        .ask(
                                module,
                                question.generation(),
                                (granted, exact, reason) -> brain.post(() ->
                                        feed(new Event.WitnessAnswered(question.question(), granted, exact, reason))));
            case Effect.StartSync sync -> followUps.add(new Event.SyncBegan(dataPlane.startSync(sync.generation())));
            case Effect.ForgetShared forget -> dataPlane.forgetShared();
            case Effect.ResumeMirror resume -> {
                dataPlane.startMirror(resume.generation());
                followUps.add(new Event.EffectDone(effect));
            }
            case Effect.Tell tell -> say(Envelope.of(tell.message()));
            case Effect.Answer answer -> commands.end(answer.commandId(), answer.outcome());
            case Effect.LogEvent event -> {
                parts.watching().events().note(event.kind(), event.text());
                commands.progress(event.text());
            }
            case Effect.OfCheckers ofCheckers -> checks.carryOut(ofCheckers);
            default -> hands.carryOut(effect, machine.status().state().name());
        }
    }

    private void say(Envelope envelope) {
        if (known != null) {
            link.say(known, envelope.json());
        }
    }

    private void publish(boolean also) {
        PeerStatus status = machine.status();
        boolean changed = !lastSaid.equals(Optional.of(status));
        if (!changed && !also) {
            return;
        }
        lastSaid = Optional.of(status);
        parts.application().isIn(status.state().name());
        own = reporter.report(status);
        parts.watching().isIn(status.state());
        say(Envelope.of(own));
    }

    private void hear(String json) {
        Envelope envelope;
        try {
            envelope = Envelope.read(json);
        } catch (RuntimeException e) {
            log.warn("a message of {} was not understood and is ignored: {}", peer, e.getMessage());
            return;
        }
        if (envelope.report().isPresent()) {
            PeerReport report = envelope.report().get();
            peerView = peerView.heard(report, nowMs());
            parts.engines().met().accept(report.incarnation());
            feed(new Event.PeerSaid(report.status()));
        } else if (envelope.message().isPresent()) {
            feed(new Event.PeerTold(envelope.message().get()));
        } else if (envelope.command().isPresent()) {
            CommandRequest request = envelope.command().get();
            here(request, update -> brain.post(() -> say(Envelope.of(update))));
        } else if (envelope.update().isPresent()) {
            forwarded.tell(envelope.update().get());
        } else {
            log.warn("a message of {} is of a kind that this version does not know, and is ignored", peer);
        }
    }

    /** See {@link io.gemel.engine.control.CommandService#command}. */
    void command(CommandRequest request, Consumer<CommandUpdate> updates) {
        boolean forPrimary = request.verb() == Verb.SWAP || Verifier.isFor(request.verb());
        boolean fromSecond =
                forPrimary && request.node().isEmpty() && own.status().state() == State.SECOND;
        boolean accepted = brain.post(() -> {
            if (request.node().equals(peer) || fromSecond) {
                there(request, updates);
            } else {
                here(request, updates);
            }
        });
        if (!accepted) {
            updates.accept(CommandUpdate.failed(
                    request.id(), new Problem("the engine is ending or overloaded", "gemel state; then try again")));
        }
    }

    private void here(CommandRequest request, Consumer<CommandUpdate> updates) {
        if (!commands.open(request.id(), updates)) {
            updates.accept(CommandUpdate.failed(
                    request.id(), new Problem("too many commands wait, or this one twice", "gemel state")));
            return;
        }
        String because = request.reason().isEmpty() ? "" : " (" + request.reason() + ")";
        String command = request.verb().word() + (request.force() ? " --force" : "") + because;
        parts.watching().events().note(EventKind.COMMAND, "command " + command);
        commands.tell(new CommandUpdate(
                request.id(),
                CommandUpdate.Stage.ACCEPTED,
                node + ": " + request.verb().word() + " " + module,
                ""));
        if (Verifier.isFor(request.verb())) {
            verifier.begin(request);
            return;
        }
        if (request.verb() == Verb.PRIM) {
            feed(new Event.SnapshotKept(reporter.snapshotSinceMs(machine.status())
                    .map(Snapshot::text)
                    .orElse("")));
        }
        feed(new Event.Commanded(
                new Command(request.id(), request.verb(), request.force(), request.reason(), request.fullSync())));
    }

    private void there(CommandRequest request, Consumer<CommandUpdate> updates) {
        if (known == null) {
            updates.accept(CommandUpdate.failed(
                    request.id(),
                    new Problem(
                            peer + " cannot be reached from " + node + ": " + peerView.noContact(),
                            "type the command on " + peer)));
        } else if (!forwarded.open(request.id(), updates)) {
            updates.accept(CommandUpdate.failed(
                    request.id(), new Problem("too many commands wait, or this one twice", "gemel state")));
        } else {
            say(Envelope.of(new CommandRequest(
                    request.id(),
                    request.verb(),
                    request.module(),
                    "",
                    request.force(),
                    request.reason(),
                    request.fullSync())));
        }
    }

    NodeState ownState() {
        return own.state(node, linkState());
    }

    NodeState peerState() {
        return peerView.state(nowMs(), linkState());
    }

    private LinkState linkState() {
        return PeerView.linkState(link.current());
    }

    /** Stops the module in order, so that the next engine starts it again; whether that was done within the time. */
    boolean shutdown(long withinMs) {
        CompletableFuture<CommandUpdate> end = new CompletableFuture<>();
        commands.open(SHUTDOWN_ID, update -> {
            if (update.isLast()) {
                end.complete(update);
            }
        });
        brain.post(() -> feed(new Event.Shutdown(SHUTDOWN_ID)));
        try {
            end.get(withinMs, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            log.error("the module did not stop within {} ms", withinMs);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Ends its threads; see {@link #shutdown} for what comes before. */
    @Override
    public void close() {
        Problem ending = new Problem("the engine ended", "systemctl start gemel");
        brain.close();
        checks.close();
        hands.close();
        parts.application().close();
        link.close();
        commands.failAll(ending);
        forwarded.failAll(ending);
    }

    private final class Ends implements EffectHands.Ends {
        @Override
        public void done(Effect effect) {
            brain.post(() -> feed(new Event.EffectDone(effect)));
        }

        @Override
        public void restored(Optional<Long> sinceMs) {
            String how = sinceMs.map(ms -> "the whole state "
                            + (ms == 0 ? "before the copy" : "of " + Snapshot.text(ms)) + " was put back")
                    .orElse("no whole state was kept: what the copy that was cut short left is served");
            brain.post(() -> feed(new Event.SnapshotRestored(sinceMs.isPresent(), how)));
        }

        @Override
        public void failed(Effect effect, Problem problem) {
            log.warn("{}: {}", effect.getClass().getSimpleName(), problem.what(), problem.getCause());
            brain.post(() -> feed(new Event.EffectFailed(effect, problem)));
        }
    }

    private final class LinkEvents implements ModuleLink.Events {
        @Override
        public void up(NodeLink made) {
            brain.post(() -> {
                known = made;
                parts.addresses().announceForAWhile();
                peerView = peerView.connected();
                feed(new Event.LinkUp());
            });
        }

        @Override
        public void down(NodeLink gone, String reason) {
            brain.post(() -> {
                if (gone.equals(known)) {
                    known = null;
                    peerView = peerView.disconnected(reason);
                    forwarded.failAll(new Problem(
                            "contact with " + peer + " was lost; the command may still be carried out there",
                            "gemel state on " + peer));
                    feed(new Event.LinkDown(reason));
                }
            });
        }

        @Override
        public void refused(String reason) {
            log.warn("no link to {}: {}", peer, reason);
            brain.post(() -> {
                if (known == null) {
                    peerView = peerView.disconnected(reason);
                }
            });
        }

        @Override
        public void message(NodeLink from, String json) {
            brain.post(() -> {
                if (from.equals(known)) {
                    hear(json);
                }
            });
        }
    }
}
