package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Command;
import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.LastRole;
import io.gemel.engine.cluster.ModuleMachine;
import io.gemel.engine.cluster.Outcome;
import io.gemel.engine.cluster.PeerStatus;
import io.gemel.engine.cluster.ReplicaRecord;
import io.gemel.engine.replication.PeerChanges;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** One node of {@link SimulatedCluster}: a real brain over a simulated disk, journal, data plane and application. */
final class SimulatedNode {

    private static final int RECONNECT_MS = 2_000;

    final String name;
    private final SimulatedCluster cluster;
    SimulatedNode peer;

    final SimulatedDisk disk = new SimulatedDisk();
    final SimulatedJournal journal = new SimulatedJournal(this);
    final SimulatedHeart heart;
    final SimulatedApplication application;
    final SimulatedChecks checks = new SimulatedChecks(this);

    private ModuleMachine machine;
    boolean engineUp;
    int life;
    private int machineStarts;
    private boolean isReplaced;

    /** The directory as a primary has it, or as a second. */
    Optional<SimulatedPrimary> primary = Optional.empty();

    Optional<SimulatedSecond> second = Optional.empty();

    /** What the peer said over this link of what it remembers. */
    private final PeerChanges peerChanges = new PeerChanges();

    boolean addresses;

    /** Why its clients do not reach it, or empty. */
    String obstacle = "";

    /** When it was last allowed to acknowledge; and the last such time after which it did. */
    long servesSinceMs;

    long acknowledgedSinceMs = -1;

    /** Its disk is slow. */
    boolean slow;

    /** Its machine lost its memory, and the mirror was not whole since. */
    boolean lostPower;

    private final Deque<Effect> hands = new ArrayDeque<>();
    final Map<String, Outcome> answers = new HashMap<>();
    Predicate<Effect> fails = effect -> false;
    boolean heardLinkUp;
    private PeerStatus lastSaid;

    SimulatedNode(String name, SimulatedCluster cluster) {
        this.name = name;
        this.cluster = cluster;
        this.heart = new SimulatedHeart(this, cluster);
        this.application = new SimulatedApplication(this, cluster);
    }

    void boot() {
        life++;
        engineUp = true;
        trace(() -> "== starts");
        start();
        feed(new Event.AddressesLookedAt(obstacle));
        feed(checks.found());
        feed(new Event.Boot());
    }

    private void start() {
        machine = new ModuleMachine(
                "app",
                name,
                peer.name,
                "boot-" + name + machineStarts,
                journal.found(),
                cluster.settings(),
                cluster::freshGeneration);
        heart.boot();
    }

    /**
     * The engine alone dies, and after a while another one goes on where it was: with the mount, the application, the
     * journal, and, after a short while, the addresses. Where something was on its way, it begins as after any death.
     *
     * @param forMs until then
     */
    void replaceEngine(long forMs) {
        if (!serves() || !machine.servesSteadily() || primary.isEmpty()) {
            crash(false);
            laterOnMachine(forMs, () -> {
                if (!engineUp && !isReplaced) {
                    boot();
                    later(dice().nextInt(RECONNECT_MS), cluster::connect);
                }
            });
            return;
        }
        trace(() -> "== the engine dies, another one goes on in " + forMs + " ms");
        List<Consumer<SimulatedPrimary>> unanswered = primary.get().unanswered();
        stopEngine();
        checks.crash(false);
        isReplaced = true;
        addresses = forMs < SimulatedCluster.DETECTION_MS;
        later(forMs, () -> resume(unanswered));
    }

    private void resume(List<Consumer<SimulatedPrimary>> unanswered) {
        trace(() -> "== goes on");
        isReplaced = false;
        engineUp = true;
        start();
        boolean lost = durable().lastRole() == LastRole.PRIM && bug() != Bug.MIRROR_FORGOTTEN;
        primary = Optional.of(SimulatedPrimary.resumed(this, lost));
        if (!lost) {
            mayAcknowledge();
        }
        feed(new Event.AddressesLookedAt(obstacle));
        feed(checks.found());
        feed(new Event.Resumed());
        unanswered.forEach(call -> call.accept(primary.orElseThrow()));
        later(dice().nextInt(RECONNECT_MS), cluster::connect);
    }

    /** Whether its engine is dead and another one is about to go on. */
    boolean isReplaced() {
        return isReplaced;
    }

    /** Whether a write would be acknowledged now. */
    boolean acknowledges() {
        return serves()
                && !heart.isFrozen()
                && primary.filter(SimulatedPrimary::acknowledges).isPresent();
    }

    /** Whether it serves, and calls get no answer. */
    boolean waits() {
        return serves() && !acknowledges();
    }

    /** Whether the peer takes what is sent to it. */
    boolean peerTakes() {
        return cluster.linkStands() && peer.second.isPresent() && !peer.heart.isFrozen();
    }

    /**
     * The engine dies.
     *
     * @param withMachine whether the machine does: what is not flushed is gone as well
     */
    void crash(boolean withMachine) {
        trace(() -> "== crashes, " + (withMachine ? "the machine" : "the engine"));
        if (withMachine) {
            machineStarts++;
            lostPower = true;
            disk.losePower(cluster.random);
        }
        stopEngine();
        application.die();
        checks.crash(withMachine);
        addresses = false;
    }

    private void stopEngine() {
        journal.crash();
        engineUp = false;
        life++;
        primary = Optional.empty();
        second = Optional.empty();
        heardLinkUp = false;
        heart.stop();
        hands.clear();
    }

    boolean serves() {
        return engineUp && application.runs();
    }

    PeerStatus status() {
        return machine.status();
    }

    ReplicaRecord durable() {
        return journal.replica();
    }

    boolean dataIsWhole() {
        return durable().dataStatus() != DataStatus.INCONSISTENT;
    }

    /** The number of the command. */
    String command(Verb verb, boolean force) {
        String id = name + "-" + cluster.nextId();
        trace(() -> "== " + verb + (force ? " --force" : ""));
        heart.onTime(() -> feed(new Event.Commanded(new Command(id, verb, force, force ? "a test" : ""))));
        return id;
    }

    void feed(Event event) {
        if (!engineUp) {
            return;
        }
        traceEvent(event);
        if (event instanceof Event.LinkDown) {
            peerChanges.clear();
            second.ifPresent(SimulatedSecond::linkDown);
            primary.ifPresent(SimulatedPrimary::linkDown);
        } else if (event instanceof Event.LinkUp) {
            peerChanges.clear();
            second.ifPresent(SimulatedSecond::linkUp);
        } else if (event instanceof Event.CopyDone) {
            mirrorIsWhole();
        }
        for (Effect effect : machine.step(
                cluster.nowMs(), Credulity.hear(bug(), machine.status().outdating(), event))) {
            if (!carryOut(effect)) {
                break;
            }
        }
        PeerStatus said = machine.status();
        if (!said.equals(lastSaid) || event instanceof Event.Tick || event instanceof Event.LinkUp) {
            lastSaid = said;
            cluster.transfer(this, 1 + cluster.random.nextInt(5), () -> peer.feed(new Event.PeerSaid(said)));
        }
        cluster.check();
    }

    /** Not what is told again and again: what a node says of itself shows where it changes. */
    private void traceEvent(Event event) {
        switch (event) {
            case Event.Tick tick -> {}
            case Event.PeerSaid said -> {}
            case Event.PeerHeard heard -> {}
            case Event.PeerLost lost -> {}
            case Event.AddressesLookedAt looked -> {}
            default -> trace(() -> Trace.words(event));
        }
    }

    /** Unless the peer died meanwhile: this node hears late what that one did before. */
    private void mirrorIsWhole() {
        if (cluster.linkStands()) {
            lostPower = false;
            peer.lostPower = false;
        }
    }

    private boolean carryOut(Effect effect) {
        trace(() -> "  -> " + Trace.words(effect));
        switch (effect) {
            case Effect.Persist persist -> journal.persist(persist.replica());
            case Effect.Tell tell ->
                cluster.transfer(
                        this, 1 + cluster.random.nextInt(5), () -> peer.feed(new Event.PeerTold(tell.message())));
            case Effect.Answer answer ->
                require(answers.put(answer.commandId(), answer.outcome()) == null, "answered twice: " + answer);
            case Effect.LogEvent event -> cluster.said(event.text());
            case Effect.OfCheckers effectOfCheckers -> checks.carryOut(effectOfCheckers);
            case Effect.StartSync sync -> startSync(sync.generation());
            case Effect.ForgetShared forget -> forgetShared();
            case Effect.AskWitness question -> cluster.askWitness(this, question);
            case Effect.KeepAddresses keep -> addresses = true;
            case Effect.RefuseCalls refuse -> {
                primary.ifPresent(SimulatedPrimary::refuse);
                cluster.later(0, this, new Event.EffectDone(effect));
            }
            case Effect.GoAlone alone -> {
                require(primary.isPresent(), "go alone while not primary");
                require(durable().lastRole() == LastRole.ALONE || bug() != Bug.NONE, "going alone was not durable");
                primary.get().goAlone();
                mayAcknowledge();
                cluster.later(0, this, new Event.EffectDone(effect));
            }
            case Effect.ResumeMirror resume -> {
                boolean works = !fails.test(effect) && heardLinkUp;
                if (works) {
                    primary.orElseThrow().startMirror(resume.generation());
                    mayAcknowledge();
                    mirrorIsWhole();
                }
                cluster.later(0, this, answerTo(effect, works));
                return works;
            }
            default -> {
                hands.add(effect);
                if (hands.size() == 1) {
                    cluster.laterByHand(this);
                }
            }
        }
        return true;
    }

    private void mayAcknowledge() {
        servesSinceMs = cluster.nowMs();
    }

    private Event answerTo(Effect effect, boolean works) {
        return works
                ? new Event.EffectDone(effect)
                : new Event.EffectFailed(effect, new Problem("injected: " + effect, "nothing"));
    }

    private void startSync(long generation) {
        require(durable().lastRole() == LastRole.PRIM, "copying was not durable");
        if (primary.isPresent() && heardLinkUp) {
            String how = primary.get().startSync(generation, peerChanges);
            trace(() -> "  " + how);
            cluster.syncBegan(how);
        }
    }

    private void forgetShared() {
        if (second.isPresent()) {
            second.get().forgetShared();
        } else {
            journal.forget();
        }
    }

    /** The next of the long effects ends, if it does. */
    void finishByHand() {
        Effect effect = hands.peek();
        if (effect instanceof Effect.ClosePrimary && primary.isPresent()) {
            Optional<Boolean> closed = primary.get().close();
            if (closed.isEmpty()) {
                cluster.laterByHand(this);
                return;
            }
            primary = Optional.empty();
        }
        boolean works = !fails.test(effect);
        if (works) {
            act(effect);
        } else {
            actBadly(effect);
        }
        hands.poll();
        if (!hands.isEmpty()) {
            cluster.laterByHand(this);
        }
        feed(answerTo(effect, works));
    }

    private void act(Effect effect) {
        switch (effect) {
            case Effect.OpenPrimary open -> {
                require(primary.isEmpty() && second.isEmpty(), "mounted twice");
                require(
                        durable().lastRole() == LastRole.ALONE || durable().lastRole() == LastRole.PRIM,
                        "serving was not durable");
                require(
                        durable().dataStatus() == DataStatus.UP_TO_DATE || bug() != Bug.NONE,
                        "serves what is not up to date");
                disk.discardKept();
                primary = Optional.of(SimulatedPrimary.opened(this, open.peerExpected()));
                if (!open.peerExpected()) {
                    mayAcknowledge();
                }
            }
            case Effect.RestoreSnapshot restore -> {
                require(primary.isEmpty() && second.isEmpty(), "restores what is in use");
                require(!dataIsWhole(), "restores what is whole");
                boolean restored = disk.restore();
                if (restored) {
                    journal.forget();
                    journal.shared = false;
                }
                feed(new Event.SnapshotRestored(restored, "put back in the simulator"));
            }
            case Effect.OpenSecond open -> {
                require(primary.isEmpty() && second.isEmpty(), "mounted twice");
                second = Optional.of(new SimulatedSecond(this));
                if (heardLinkUp) {
                    second.get().linkUp();
                }
            }
            case Effect.AcquireAddresses acquire -> addresses = true;
            case Effect.StartApplication start -> {
                require(primary.isPresent() && addresses, "application without its directory or address");
                application.start();
            }
            default -> actBadly(effect);
        }
    }

    /** A failed effect may have done its work all the same, or none: the harder of both for each kind. */
    private void actBadly(Effect effect) {
        switch (effect) {
            case Effect.CloseSecond close -> {
                second.ifPresent(s -> s.close(close.takesOver()));
                second = Optional.empty();
            }
            case Effect.StopApplication stop -> application.die();
            case Effect.AcquireAddresses acquire -> addresses = true;
            case Effect.ReleaseAddresses release -> addresses = false;
            default -> {}
        }
    }

    /** A frame of the peer. */
    void take(Frame frame) {
        if (frame.kind() == StreamFormat.CHANGES) {
            peerChanges.add(frame.body());
        } else if (frame.isAnswer()) {
            primary.ifPresent(p -> p.answered(frame));
        } else {
            second.ifPresent(s -> s.take(frame));
        }
    }

    void sendOperation(ByteBuffer operation) throws IOException {
        if (!heardLinkUp) {
            throw new IOException("there is no link");
        }
        send(Frame.of(operation));
    }

    void send(Frame frame) {
        cluster.transfer(this, cluster.random.nextInt(3), () -> peer.take(frame));
    }

    int firstEpoch() {
        return (int) cluster.nextId() * 1_000;
    }

    Bug bug() {
        return cluster.bug;
    }

    Random dice() {
        return cluster.random;
    }

    long nowMs() {
        return cluster.nowMs();
    }

    long nextValue() {
        return cluster.nextId();
    }

    void later(long delayMs, Runnable what) {
        cluster.later(delayMs, this, what);
    }

    /** For what outlives the engine. */
    void laterOnMachine(long delayMs, Runnable what) {
        cluster.laterOnMachine(delayMs, this, what);
    }

    void trace(Supplier<String> line) {
        cluster.trace(this, line);
    }

    void require(boolean condition, String what) {
        if (!condition) {
            throw new BrokenPromise(name + " at " + cluster.nowMs() + " ms: " + what);
        }
    }

    boolean is(State state) {
        return engineUp && status().state() == state;
    }

    /** The application writes, and the simulation goes on until that ended or much time passed; whether it was acknowledged. */
    boolean write() {
        return application.writeNow();
    }
}
