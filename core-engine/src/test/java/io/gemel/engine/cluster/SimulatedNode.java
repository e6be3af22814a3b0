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
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** One node of {@link SimulatedCluster}: a real brain over pretended disk, data plane and application. */
final class SimulatedNode {

    /** What the pretended data plane does with each write. */
    enum Stream {
        NONE,
        COPY,
        MIRROR
    }

    final String name;
    private final SimulatedCluster cluster;
    SimulatedNode peer;

    ReplicaRecord durable = ReplicaRecord.fresh();
    ModuleMachine machine;
    boolean engineUp;
    int life;

    boolean mountedPrimary;
    boolean mountedSecond;
    boolean application;
    boolean addresses;
    Stream stream = Stream.NONE;
    boolean waitsForPeer;

    /** Since the machine started, and whether what it has is not what it acknowledged as second: then it must be copied to. */
    int machineStarts;

    boolean holdsUnflushed;
    boolean losesAcknowledged;

    /** As primary: what was written and is not known to be on the peer, while that is known at all. */
    private Optional<List<Integer>> tracked = Optional.empty();

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
                SimulatedCluster.LOOK_MS,
                cluster::freshGeneration);
        feed(new Event.Boot());
    }

    /**
     * The engine dies.
     *
     * @param machine whether the machine does: what was acknowledged but not flushed is gone as well
     */
    void crash(boolean machine) {
        if (machine) {
            machineStarts++;
            losesAcknowledged |= holdsUnflushed;
        }
        tracked = Optional.empty();
        engineUp = false;
        life++;
        mountedPrimary = false;
        mountedSecond = false;
        application = false;
        addresses = false;
        stream = Stream.NONE;
        waitsForPeer = false;
        heardLinkUp = false;
        hands.clear();
    }

    boolean serves() {
        return engineUp && application;
    }

    PeerStatus status() {
        return machine.status();
    }

    String command(Verb verb, boolean force) {
        String id = name + "-" + cluster.nextId();
        feed(new Event.Commanded(new Command(id, verb, force, force ? "a test" : "")));
        return id;
    }

    void feed(Event event) {
        if (!engineUp) {
            return;
        }
        log.add(cluster.nowMs() + " " + event);
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
            case Effect.LogEvent event -> {}
            case Effect.StartCopy copy -> startCopy(Optional.empty());
            case Effect.StartResync resync -> {
                boolean works = !fails.test(effect);
                if (works) {
                    checkResync();
                    startCopy(tracked);
                } else {
                    cluster.later(0, this, answerTo(effect, false));
                }
                return works;
            }
            case Effect.GoAlone alone -> {
                require(mountedPrimary, "go alone while not primary");
                require(durable.lastRole() == LastRole.ALONE, "going alone was not durable");
                if (stream == Stream.COPY) {
                    tracked = Optional.empty();
                }
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
                    tracked = Optional.of(new ArrayList<>());
                    peer.receives();
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
                tracked = Optional.empty();
                stream = Stream.NONE;
                waitsForPeer = open.peerExpected();
            }
            case Effect.ClosePrimary close -> closePrimary();
            case Effect.OpenSecond open -> {
                require(!mountedSecond && !mountedPrimary, "mounted twice");
                mountedSecond = true;
            }
            case Effect.CloseSecond close -> {
                mountedSecond = false;
                holdsUnflushed = false;
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
        mountedPrimary = false;
        stream = Stream.NONE;
        waitsForPeer = false;
        tracked = Optional.empty();
    }

    /** As second: what comes now is in memory only. */
    private void receives() {
        holdsUnflushed = true;
        losesAcknowledged = false;
    }

    /** Sending only what changed must lead to the same data: anything else is an error of the brain. */
    private void checkResync() {
        require(tracked.isPresent(), "resynchronised although changes were not tracked");
        require(peer.durable.dataStatus() != DataStatus.INCONSISTENT, "resynchronised an INCONSISTENT peer");
        require(!peer.losesAcknowledged, "resynchronised a peer that lost what it had acknowledged");
        cluster.resyncs++;
    }

    private void startCopy(Optional<List<Integer>> changed) {
        require(durable.lastRole() == LastRole.PRIM, "copying was not durable");
        stream = Stream.COPY;
        if (!cluster.linkStands() || !peer.mountedSecond) {
            return;
        }
        int epoch = cluster.linkEpoch();
        int copy = ++copies;
        List<Integer> before = changed.isPresent() ? new ArrayList<>(peer.data) : List.of();
        cluster.transfer(epoch, 5, peer, () -> {
            if (peer.mountedSecond && stream == Stream.COPY && copy == copies) {
                peer.feed(new Event.CopyStarted());
                require(peer.durable.dataStatus() == DataStatus.INCONSISTENT, "overwriting was not durable");
                cluster.transfer(epoch, cluster.copyMs(), peer, () -> copyEnds(epoch, copy, before, changed));
            }
        });
    }

    private void copyEnds(int epoch, int copy, List<Integer> before, Optional<List<Integer>> changed) {
        if (!peer.mountedSecond || stream != Stream.COPY || copy != copies) {
            return;
        }
        if (changed.isPresent()) {
            Set<Integer> united = new TreeSet<>(before);
            united.addAll(changed.get());
            require(united.equals(new TreeSet<>(data)), "what was sent and what the peer had is not all there is");
        }
        peer.data = new ArrayList<>(data);
        peer.receives();
        tracked = Optional.of(new ArrayList<>());
        stream = Stream.MIRROR;
        peer.feed(new Event.CopyReceived());
        cluster.transfer(epoch, 3, this, () -> {
            if (stream == Stream.MIRROR) {
                feed(new Event.CopyDone());
            }
        });
    }

    /** The application writes. Whether the write was acknowledged. */
    boolean write(int value) {
        if (!serves() || waitsForPeer) {
            return false;
        }
        data.add(value);
        tracked.ifPresent(changes -> changes.add(value));
        if (stream == Stream.MIRROR) {
            if (!cluster.linkStands() || !peer.mountedSecond) {
                waitsForPeer = true;
                return false;
            }
            peer.data.add(value);
        }
        return true;
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
