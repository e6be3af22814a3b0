package io.gemel.engine.simulator;

import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.Beat;
import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.LastRole;
import io.gemel.engine.cluster.ModuleMachine;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Two nodes, one link, heartbeats, a witness, one clock, one seed. */
final class SimulatedCluster {

    static final long LOOK_MS = 5_000;
    static final long DETECTION_MS = 3_000;
    static final long SWAP_BACK_MS = 4_000;

    /** Longest that both may have the addresses while a link stands. */
    private static final long DISPUTE_MS = 10_000;

    private static final long TICK_MS = 500;
    private static final long LONG_AGO_MS = -100_000;

    /** Who arbitrates. */
    enum Witness {
        NONE,
        PING,
        LEASE
    }

    private record Due(long atMs, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            return atMs != other.atMs ? Long.compare(atMs, other.atMs) : Long.compare(order, other.order);
        }
    }

    final Random random;
    final Bug bug;
    private final Optional<Trace> trace;
    final SimulatedNode n1;
    final SimulatedNode n2;
    private final PriorityQueue<Due> dues = new PriorityQueue<>();
    private long nowMs;
    private long order;
    private long ids;
    private boolean up;

    /** Whether what is sent over a cut link still arrives, until the receiver hears of the cut. */
    private boolean leaks;

    private int epoch;
    private long[] lastArrivalMs = new long[2];

    /** How often only what changed was sent, and how often a second became primary because its primary was lost. */
    int resyncs;

    int takeOvers;

    /** What clients were told. */
    final Acknowledged acknowledged = new Acknowledged(this);

    /** Whether the service has clients. */
    boolean loads;

    /** How many calls were made one by one, each to another block. */
    int writesNow;

    Witness witness = Witness.NONE;

    private final ModuleMachine.Settings settings;

    /** Of a hundred heartbeats, how many are lost although nothing is cut. */
    int beatsLost;

    /** Whether heartbeats of n1 reach n2, and the other way; and whether each reaches the witness. */
    final boolean[] beatsPass = {true, true};

    final boolean[] witnessAnswers = {true, true};
    private final Map<Long, SimulatedNode> leases = new HashMap<>();

    /** A person forced, or became primary without seeing the other: two that serve are no fault of the program then. */
    boolean personTookTheRisk;

    private boolean isolated;

    /** Since when both have the addresses although each is told what the other is. */
    private Optional<Long> disputedSinceMs = Optional.empty();

    /** When each node last could not be heard. */
    private final long[] muteMs = {LONG_AGO_MS, LONG_AGO_MS};

    SimulatedCluster(long seed, Bug bug, Optional<Trace> trace, Optional<ModuleMachine.DefaultPrimary> defaultPrimary) {
        this(seed, bug, trace, defaultPrimary, ApplicationRules.NONE);
    }

    SimulatedCluster(
            long seed,
            Bug bug,
            Optional<Trace> trace,
            Optional<ModuleMachine.DefaultPrimary> defaultPrimary,
            ApplicationRules rules) {
        random = new Random(seed);
        this.bug = bug;
        this.trace = trace;
        settings = new ModuleMachine.Settings(LOOK_MS, DETECTION_MS, defaultPrimary, rules);
        n1 = new SimulatedNode("n1", this);
        n2 = new SimulatedNode("n2", this);
        n1.peer = n2;
        n2.peer = n1;
        n1.boot();
        n2.boot();
        tick();
    }

    void trace(SimulatedNode node, Supplier<String> line) {
        trace.ifPresent(t -> t.add(nowMs, node.name, line.get()));
    }

    ModuleMachine.Settings settings() {
        return settings;
    }

    private void tick() {
        // Nodes do not tick together.
        n1.heart.onTime(n1.heart::tick);
        at(TICK_MS / 2, () -> n2.heart.onTime(n2.heart::tick));
        at(TICK_MS, this::tick);
    }

    private static int index(boolean first) {
        return first ? 0 : 1;
    }

    /** Heartbeats may be lost, late, out of order and doubled. */
    void sendBeat(SimulatedNode from, Beat beat) {
        if (!beatsPass[index(from == n1)] || random.nextInt(100) < beatsLost) {
            return;
        }
        for (int copies = random.nextInt(20) == 0 ? 2 : 1; copies > 0; copies--) {
            int lateMs = random.nextInt(20) == 0 ? random.nextInt(1_200) : random.nextInt(5);
            later(1 + lateMs, from.peer, () -> from.peer.heart.hearBeat(beat));
        }
    }

    /**
     * Neither could hear the other within one detection time, be it cut, frozen or down, and nobody arbitrates exactly: then
     * two histories are possible.
     */
    private void noteIsolation() {
        for (SimulatedNode node : List.of(n1, n2)) {
            if (!beatsPass[index(node == n1)] || node.heart.isFrozen() || !node.engineUp) {
                muteMs[index(node == n1)] = nowMs;
            }
        }
        long lately = nowMs - DETECTION_MS - 2 * TICK_MS;
        if (muteMs[0] >= lately && muteMs[1] >= lately && !linkStands() && witness != Witness.LEASE) {
            isolated = true;
        }
    }

    void askWitness(SimulatedNode from, Effect.AskWitness question) {
        later(1 + random.nextInt(50), from, () -> {
            boolean reached = witness == Witness.NONE || witnessAnswers[index(from == n1)];
            boolean exact = reached && witness == Witness.LEASE;
            if (!reached && random.nextBoolean()) {
                return;
            }
            boolean granted = reached && (!exact || leases.computeIfAbsent(question.generation(), _ -> from) == from);
            from.feed(new Event.WitnessAnswered(question.question(), granted, exact, "the witness"));
        });
    }

    /** Of all sentences that a brain says, counts what happened, and takes none for true that cannot be. */
    void said(String sentence) {
        if (sentence.contains(NodeState.TWO_HISTORIES) && !mayDiverge()) {
            throw new BrokenPromise("two histories are spoken of where there is one, at " + nowMs + " ms: " + sentence);
        }
        if (sentence.startsWith("ALONE TRANSIENT") && sentence.contains("is lost (")) {
            takeOvers++;
        }
    }

    void syncBegan(String how) {
        if (how.startsWith("sending what changed")) {
            resyncs++;
        }
    }

    long nowMs() {
        return nowMs;
    }

    long nextId() {
        return ++ids;
    }

    long freshGeneration() {
        long value = random.nextLong();
        return value == 0 ? 1 : value;
    }

    boolean linkStands() {
        return up && n1.engineUp && n2.engineUp && n1.heardLinkUp && n2.heardLinkUp;
    }

    private void at(long delayMs, Runnable what) {
        dues.add(new Due(nowMs + delayMs, order++, what));
    }

    void later(long delayMs, SimulatedNode node, Event event) {
        later(delayMs, node, () -> node.feed(event));
    }

    /** On a node, if it still lives then; a frozen one does it when it thaws. */
    void later(long delayMs, SimulatedNode node, Runnable what) {
        int life = node.life;
        at(delayMs, () -> {
            if (node.life == life) {
                node.heart.onTime(() -> {
                    if (node.life == life) {
                        what.run();
                    }
                });
            }
        });
    }

    /** As {@link #later(long, SimulatedNode, Runnable)}, whatever becomes of the node's engine. */
    void laterOnMachine(long delayMs, SimulatedNode node, Runnable what) {
        at(delayMs, () -> node.heart.onTime(what));
    }

    void laterByHand(SimulatedNode node) {
        later(1 + random.nextInt(300), node, node::finishByHand);
    }

    /** Everything on the node stands still. */
    void freeze(SimulatedNode node, long forMs) {
        if (node.engineUp && !node.heart.isFrozen()) {
            node.heart.freeze(forMs);
            noteIsolation();
            at(forMs, node.heart::thaw);
            // The peer's kernel gives the connection up when nothing is heard over it.
            at(3_000, () -> {
                if (node.heart.isFrozen() && !node.peer.heart.isFrozen()) {
                    cut();
                }
            });
        }
    }

    /** Over the link as it is now, in order with everything else in that direction; lost with it. */
    void transfer(SimulatedNode from, long delayMs, Runnable atPeer) {
        if (!from.heardLinkUp || !(up || leaks)) {
            return;
        }
        SimulatedNode to = from.peer;
        int linkEpoch = epoch;
        int direction = index(to == n1);
        long arrival = Math.max(lastArrivalMs[direction], nowMs + delayMs);
        lastArrivalMs[direction] = arrival;
        at(arrival - nowMs, () -> {
            int life = to.life;
            to.heart.onTime(() -> {
                if (to.life == life && to.heardLinkUp && epoch == linkEpoch) {
                    atPeer.run();
                }
            });
        });
    }

    void connect() {
        if (n1.heart.isFrozen()
                || n2.heart.isFrozen()
                || up
                || n1.heardLinkUp
                || n2.heardLinkUp
                || !n1.engineUp
                || !n2.engineUp) {
            return;
        }
        up = true;
        epoch++;
        n1.heardLinkUp = true;
        n2.heardLinkUp = true;
        n1.heart.meet();
        n2.heart.meet();
        lastArrivalMs = new long[2];
        n1.feed(new Event.LinkUp());
        n2.feed(new Event.LinkUp());
    }

    /** The link breaks; each side hears it in its own time. */
    void cut() {
        if (!up) {
            return;
        }
        up = false;
        leaks = random.nextBoolean();
        trace(n1, () -> "== the link is cut");
        noteIsolation();
        hearsCut(n1);
        hearsCut(n2);
    }

    private void hearsCut(SimulatedNode node) {
        later(random.nextInt(3_000), node, () -> {
            if (node.heardLinkUp) {
                node.heardLinkUp = false;
                node.feed(new Event.LinkDown("cut"));
            }
        });
    }

    /** The engine dies, and the machine perhaps with it. */
    void crash(SimulatedNode node, boolean withMachine) {
        if (!node.engineUp) {
            return;
        }
        cut();
        node.crash(withMachine);
        noteIsolation();
        if (withMachine) {
            boolean same = n1.durable().generation() == n2.durable().generation();
            boolean both = node.peer.lostPower;
            List<SimulatedDisk> upToDate = List.of(n1, n2).stream()
                    .filter(each -> both ? each.dataIsWhole() : each.durable().dataStatus() == DataStatus.UP_TO_DATE)
                    .filter(each -> same || each.durable().lastRole() == LastRole.ALONE)
                    .map(each -> each.disk)
                    .toList();
            acknowledged.forgive(upToDate, both);
        }
    }

    void crash(SimulatedNode node) {
        crash(node, true);
    }

    /** The engine alone dies, and another one goes on where it was if it can. */
    void replaceEngine(SimulatedNode node, long forMs) {
        if (node.engineUp && !node.heart.isFrozen()) {
            cut();
            node.replaceEngine(forMs);
            noteIsolation();
        }
    }

    /** Cuts or heals the heartbeats of one direction. */
    void beats(SimulatedNode from, boolean pass) {
        beatsPass[index(from == n1)] = pass;
        trace(from, () -> "== heartbeats to the other " + (pass ? "pass" : "are lost"));
        noteIsolation();
    }

    /** Pulls the cable that a node's clients are at, and perhaps every other. */
    void unplug(SimulatedNode node) {
        node.obstacle = "its cable is pulled";
        trace(node, () -> "== clients do not reach it");
        int more = random.nextInt(3);
        if (more > 0) {
            cut();
        }
        if (more > 1) {
            beats(n1, false);
            beats(n2, false);
        }
    }

    /** Whether two that serve may be nobody's fault: somebody took the risk, or nobody could know. */
    boolean mayDiverge() {
        return personTookTheRisk || isolated;
    }

    void check() {
        noteIsolation();
        if (n1.acknowledges() && n2.acknowledges() && !mayDiverge()) {
            throw new BrokenPromise("both nodes acknowledge at " + nowMs + " ms");
        }
        checkAddresses();
    }

    private void checkAddresses() {
        boolean disputed = n1.addresses && n2.addresses && linkStands() && !n1.heart.isFrozen() && !n2.heart.isFrozen();
        disputedSinceMs = disputed ? Optional.of(disputedSinceMs.orElse(nowMs)) : Optional.empty();
        if (disputedSinceMs.filter(ms -> nowMs - ms > DISPUTE_MS).isPresent()) {
            throw new BrokenPromise("both nodes have the addresses for " + DISPUTE_MS + " ms at " + nowMs + " ms");
        }
    }

    /** Runs until nothing is due before the time. */
    void run(long durationMs) {
        long end = nowMs + durationMs;
        runUntil(() -> false, end);
        nowMs = end;
    }

    /** Runs until the condition holds; whether it did before the time was over. */
    boolean runUntil(long atMostMs, BooleanSupplier condition) {
        return runUntil(condition, nowMs + atMostMs);
    }

    private boolean runUntil(BooleanSupplier condition, long endMs) {
        while (!condition.getAsBoolean()) {
            Due due = dues.peek();
            if (due == null || due.atMs > endMs) {
                return false;
            }
            dues.poll();
            nowMs = due.atMs;
            due.what.run();
        }
        return true;
    }

    boolean mirrors(SimulatedNode primary) {
        return primary.is(State.PRIM)
                && primary.status().readiness() == Readiness.READY
                && primary.addresses
                && primary.peer.is(State.SECOND)
                && primary.peer.status().readiness() == Readiness.READY;
    }

    /** Whether the two that mirror hold the same, once nothing is on its way. */
    void requireSame(SimulatedNode primary) {
        boolean quiet = primary.primary.filter(SimulatedPrimary::isQuiet).isPresent()
                && primary.peer.second.filter(SimulatedSecond::isQuiet).isPresent();
        if (quiet && mirrors(primary) && linkStands() && !n1.heart.isFrozen() && !n2.heart.isFrozen()) {
            primary.require(n1.disk.isSameAs(n2.disk), "a mirror that differs: n1 " + n1.disk + ", n2 " + n2.disk);
        }
    }
}
