package io.gemel.engine.cluster;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** One node of {@link SimulatedCluster}: a real brain over pretended disk, data plane and application. */
final class SimulatedNode {

    /** What the pretended data plane does with each write. */
    enum Stream {
        NONE,
        COPY,
        MIRROR,
        LOST
    }

    final String name;
    private final SimulatedCluster cluster;
    SimulatedNode peer;

    ReplicaRecord durable = ReplicaRecord.fresh();
    ModuleMachine machine;
    boolean engineUp;
    int life;
    final SimulatedHeart heart;

    boolean mountedPrimary;
    boolean mountedSecond;
    boolean application;
    boolean addresses;
    Stream stream = Stream.NONE;
    boolean waitsForPeer;
    private boolean refuses;

    /** A whole state is kept beside data that is not. */
    boolean snapshot;

    /** What the journal has: the generation that both nodes had, or 0, and what may differ from it since. */
    long base;

    private long towards;
    final Set<Integer> noted = new TreeSet<>();

    /** What came as second and is not on disk, and what of that went with the machine's power. */
    private final Set<Integer> unflushed = new TreeSet<>();

    private final Set<Integer> lost = new TreeSet<>();
    private int machineStarts;

    /** Its machine lost its memory, and the mirror was not whole since. */
    boolean lostPower;

    private long syncGeneration;

    /** What was written, in order; acknowledged or not. */
    List<Integer> data = new ArrayList<>();

    final Deque<Effect> hands = new ArrayDeque<>();
    final Map<String, Outcome> answers = new HashMap<>();
    final List<String> log = new ArrayList<>();
    Predicate<Effect> fails = effect -> false;
    boolean heardLinkUp;
    private PeerStatus lastSaid;
    private int copies;

    SimulatedNode(String name, SimulatedCluster cluster) {
        this.name = name;
        this.cluster = cluster;
        this.heart = new SimulatedHeart(this, cluster);
    }

    void boot() {
        life++;
        engineUp = true;
        machine = new ModuleMachine(
                "app",
                name,
                peer.name,
                "boot-" + name + machineStarts,
                durable,
                SimulatedCluster.TIMING,
                cluster::freshGeneration);
        heart.boot();
        feed(new Event.Boot());
    }

    /** Whether a write would be acknowledged now. */
    boolean acknowledges() {
        boolean alone = stream == Stream.NONE && !waitsForPeer;
        boolean mirrored =
                stream == Stream.MIRROR && cluster.linkStands() && peer.mountedSecond && !peer.heart.isFrozen();
        return serves() && !heart.isFrozen() && !refuses && (alone || mirrored);
    }

    /**
     * The engine dies.
     *
     * @param machine whether the machine does: what was acknowledged but not flushed is gone as well
     */
    void crash(boolean machine) {
        log.add(cluster.nowMs() + " == crashes, " + (machine ? "the machine" : "the engine"));
        if (machine) {
            machineStarts++;
            lostPower = true;
            loseMemory();
        }
        unflushed.clear();
        engineUp = false;
        life++;
        mountedPrimary = false;
        mountedSecond = false;
        application = false;
        addresses = false;
        stream = Stream.NONE;
        waitsForPeer = false;
        heardLinkUp = false;
        refuses = false;
        heart.stop();
        hands.clear();
    }

    /** One failure: what is in this memory is on the other node, or was never acknowledged. */
    private void loseMemory() {
        if (mountedPrimary && stream == Stream.MIRROR) {
            for (int value : unflushed) {
                if (peer.data.contains(value) && !peer.lost.contains(value) && peer.engineUp) {
                    data.remove(Integer.valueOf(value));
                }
            }
        } else if (!mountedPrimary) {
            unflushed.stream().filter(peer.data::contains).forEach(lost::add);
        }
    }

    boolean serves() {
        return engineUp && application;
    }

    PeerStatus status() {
        return machine.status();
    }

    String command(Verb verb, boolean force) {
        String id = name + "-" + cluster.nextId();
        heart.onTime(() -> feed(new Event.Commanded(new Command(id, verb, force, force ? "a test" : ""))));
        return id;
    }

    void feed(Event event) {
        if (!engineUp) {
            return;
        }
        log.add(cluster.nowMs() + " " + event);
        if (event instanceof Event.LinkDown && (stream == Stream.MIRROR || stream == Stream.COPY)) {
            stream = Stream.LOST;
        }
        List<Effect> effects = machine.step(cluster.nowMs(), event);
        for (int i = 0; i < effects.size(); i++) {
            Effect effect = effects.get(i);
            if (!carryOut(effect)) {
                break;
            }
        }
        PeerStatus said = machine.status();
        if (!said.equals(lastSaid) || event instanceof Event.Tick || event instanceof Event.LinkUp) {
            lastSaid = said;
            cluster.send(this, said);
        }
        cluster.check();
    }

    private boolean carryOut(Effect effect) {
        log.add(cluster.nowMs() + "   -> " + effect);
        switch (effect) {
            case Effect.Persist persist -> durable = persist.replica();
            case Effect.Tell tell -> cluster.send(this, tell.message());
            case Effect.Answer answer -> {
                require(answers.put(answer.commandId(), answer.outcome()) == null, "answered twice: " + answer);
            }
            case Effect.LogEvent event -> {
                if (event.text().startsWith("ALONE TRANSIENT") && event.text().contains("is lost (")) {
                    cluster.takeOvers++;
                }
            }
            case Effect.StartSync sync -> startSync(sync.generation());
            case Effect.ForgetShared forget -> {
                base = 0;
                noted.clear();
            }
            case Effect.AskWitness question -> cluster.askWitness(this, question);
            case Effect.RefuseCalls refuse -> {
                refuses = true;
                waitsForPeer = false;
                cluster.later(0, this, new Event.EffectDone(effect));
            }
            case Effect.GoAlone alone -> {
                require(mountedPrimary, "go alone while not primary");
                require(durable.lastRole() == LastRole.ALONE, "going alone was not durable");
                stream = Stream.NONE;
                waitsForPeer = false;
                cluster.later(0, this, new Event.EffectDone(effect));
            }
            case Effect.ResumeMirror resume -> {
                boolean works = !fails.test(effect) && cluster.linkStands() && peer.mountedSecond;
                if (works) {
                    require(data.equals(peer.data), "resumed without being identical");
                    stream = Stream.MIRROR;
                    waitsForPeer = false;
                    shares(resume.generation());
                    peer.shares(resume.generation());
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

    private Event answerTo(Effect effect, boolean works) {
        return works
                ? new Event.EffectDone(effect)
                : new Event.EffectFailed(effect, new Problem("injected: " + effect, "nothing"));
    }

    /** The next of the long effects ends. */
    void finishByHand() {
        Effect effect = hands.peek();
        boolean owes = stream == Stream.MIRROR && cluster.linkStands() && (peer.heart.isFrozen() || waitsForPeer);
        if (effect instanceof Effect.ClosePrimary && owes) {
            cluster.laterByHand(this); // It waits for the peer's word.
            return;
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
                require(!mountedSecond && !mountedPrimary, "mounted twice");
                require(
                        durable.lastRole() == LastRole.ALONE || durable.lastRole() == LastRole.PRIM,
                        "serving was not durable");
                require(durable.dataStatus() == DataStatus.UP_TO_DATE, "serves what is not up to date");
                mountedPrimary = true;
                refuses = false;
                lost.clear();
                unflushed.clear();
                stream = Stream.NONE;
                waitsForPeer = open.peerExpected();
            }
            case Effect.RestoreSnapshot restore -> {
                require(!mountedSecond && !mountedPrimary, "restores what is in use");
                require(durable.dataStatus() == DataStatus.INCONSISTENT, "restores what is whole");
                feed(new Event.SnapshotRestored(snapshot, "put back in the simulator"));
                snapshot = false;
            }
            case Effect.ClosePrimary close -> closePrimary();
            case Effect.OpenSecond open -> {
                require(!mountedSecond && !mountedPrimary, "mounted twice");
                mountedSecond = true;
            }
            case Effect.CloseSecond close -> {
                mountedSecond = false;
                unflushed.clear();
            }
            case Effect.AcquireAddresses acquire -> addresses = true;
            case Effect.ReleaseAddresses release -> addresses = false;
            case Effect.StartApplication start -> {
                require(mountedPrimary && addresses, "application without its directory or address");
                application = true;
            }
            case Effect.StopApplication stop -> application = false;
            default -> throw new IllegalStateException(effect.toString());
        }
    }

    /** A failed effect may have done its work all the same, or none: the harder of both for each kind. */
    private void actBadly(Effect effect) {
        switch (effect) {
            case Effect.ClosePrimary close -> closePrimary();
            case Effect.CloseSecond close -> mountedSecond = false;
            case Effect.StopApplication stop -> application = false;
            case Effect.AcquireAddresses acquire -> addresses = true;
            case Effect.ReleaseAddresses release -> addresses = false;
            default -> {}
        }
    }

    private void closePrimary() {
        unflushed.clear();
        mountedPrimary = false;
        stream = Stream.NONE;
        waitsForPeer = false;
    }

    /** Both nodes have the same from now on, on disk. */
    private void shares(long generation) {
        base = generation;
        lostPower = false;
        peer.lostPower = false;
        towards = 0;
        noted.clear();
        lost.clear();
        unflushed.clear();
    }

    /** Both nodes put everything on disk, so that nothing is owed. */
    void flush() {
        if (stream == Stream.MIRROR && cluster.linkStands() && peer.mountedSecond && data.equals(peer.data)) {
            noted.clear();
            unflushed.clear();
            peer.unflushed.clear();
        }
    }

    private void startSync(long generation) {
        require(durable.lastRole() == LastRole.PRIM, "copying was not durable");
        stream = Stream.COPY;
        syncGeneration = generation;
        if (!cluster.linkStands() || !peer.mountedSecond) {
            return;
        }
        boolean known = base != 0 && peer.base != 0 && (peer.base == base || peer.base == towards);
        if (known) {
            cluster.resyncs++;
            noted.addAll(peer.noted);
            towards = generation;
        } else {
            base = 0;
            noted.clear();
        }
        int epoch = cluster.linkEpoch();
        int copy = ++copies;
        cluster.transferData(epoch, 5, peer, () -> {
            if (peer.mountedSecond && stream == Stream.COPY && copy == copies) {
                peer.feed(new Event.CopyStarted());
                require(peer.durable.dataStatus() == DataStatus.INCONSISTENT, "overwriting was not durable");
                beginAtPeer(known);
                cluster.transferData(epoch, cluster.copyMs(), peer, () -> copyEnds(epoch, copy, known));
            }
        });
    }

    private void beginAtPeer(boolean known) {
        peer.noted.clear();
        if (!known) {
            peer.base = 0;
            peer.data = new ArrayList<>();
            return;
        }
        // Some of it comes, whether or not the rest will.
        for (int value : noted) {
            if (cluster.random.nextBoolean()) {
                bring(value);
            }
        }
    }

    private void bring(int value) {
        peer.data.remove(Integer.valueOf(value));
        peer.lost.remove(value);
        if (data.contains(value)) {
            peer.data.add(value);
        }
    }

    private void copyEnds(int epoch, int copy, boolean known) {
        if (!peer.mountedSecond || stream != Stream.COPY || copy != copies) {
            return;
        }
        if (known) {
            // Sending only what was noted must lead to the same data: anything else is an error.
            noted.forEach(this::bring);
            Set<Integer> there = new TreeSet<>(peer.data);
            there.removeAll(peer.lost);
            require(
                    there.equals(new TreeSet<>(data)),
                    "what was noted is not all that differed: here " + data + ", there " + there);
        }
        peer.data = new ArrayList<>(data);
        peer.shares(syncGeneration);
        stream = Stream.MIRROR;
        peer.feed(new Event.CopyReceived());
        Set<Integer> brought = new TreeSet<>(noted);
        cluster.transferData(epoch, 3, this, () -> {
            if (stream == Stream.MIRROR) {
                // What was written since is noted on.
                Set<Integer> since = new TreeSet<>(noted);
                since.removeAll(brought);
                shares(syncGeneration);
                noted.addAll(since);
                noted.addAll(peer.unflushed);
                feed(new Event.CopyDone());
            }
        });
    }

    /** The application writes. Whether the write was acknowledged. */
    boolean write(int value) {
        if (!serves() || waitsForPeer || refuses || heart.isFrozen()) {
            return false;
        }
        if (base != 0) {
            noted.add(value);
        }
        data.add(value);
        if (stream == Stream.LOST) {
            waitsForPeer = true;
            return false;
        }
        if (stream == Stream.MIRROR) {
            if (!cluster.linkStands() || !peer.mountedSecond) {
                waitsForPeer = true;
                return false;
            }
            if (peer.heart.isFrozen()) {
                // It lies in the peer's memory until that thaws; nobody counts on it before.
                waitsForPeer = true;
                cluster.transferData(cluster.linkEpoch(), 1, peer, () -> {
                    if (stream == Stream.MIRROR && peer.mountedSecond) {
                        waitsForPeer = false;
                        peerHas(value);
                    }
                });
                return false;
            }
            peerHas(value);
        }
        return true;
    }

    private void peerHas(int value) {
        peer.data.add(value);
        unflushed.add(value);
        peer.unflushed.add(value);
    }

    void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(name + " at " + cluster.nowMs() + ": " + what + "\n" + cluster.history());
        }
    }

    boolean is(State state) {
        return engineUp && status().state() == state;
    }
}
