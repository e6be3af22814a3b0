package io.gemel.engine.cluster;

import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** Two brains, one link, one clock, one seed. After every step: never two that serve, unless a person brought it about. */
final class SimulatedCluster {

    static final ModuleMachine.Timing TIMING = new ModuleMachine.Timing(5_000, 3_000);
    private static final long TICK_MS = 500;

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
    final SimulatedNode n1 = new SimulatedNode("n1", this);
    final SimulatedNode n2 = new SimulatedNode("n2", this);
    private final PriorityQueue<Due> dues = new PriorityQueue<>();
    private long nowMs;
    private long order;
    private long ids;
    private boolean up;
    private int epoch;
    private long[] lastArrivalMs = new long[2];

    /** How often only what changed was sent. */
    int resyncs;

    /** How often a second became primary because its primary was lost. */
    int takeOvers;

    Witness witness = Witness.NONE;

    /** Whether heartbeats of n1 reach n2, and the other way; and whether each reaches the witness. */
    final boolean[] beatsPass = {true, true};

    final boolean[] witnessAnswers = {true, true};
    private final Map<Long, SimulatedNode> leases = new HashMap<>();

    /** A person forced, or became primary without seeing the other: two that serve are no fault of the program then. */
    boolean personTookTheRisk;

    private boolean isolated;

    /** When each node last could not be heard. */
    private final long[] muteMs = {-100_000, -100_000};

    SimulatedCluster(long seed) {
        random = new Random(seed);
        n1.peer = n2;
        n2.peer = n1;
        n1.boot();
        n2.boot();
        tick();
    }

    private void tick() {
        // Nodes do not tick together.
        n1.heart.onTime(n1.heart::tick);
        at(TICK_MS / 2, () -> n2.heart.onTime(n2.heart::tick));
        at(TICK_MS, this::tick);
    }

    void sendBeat(SimulatedNode from, Beat beat) {
        int direction = from == n1 ? 0 : 1;
        if (beatsPass[direction]) {
            later(1 + random.nextInt(5), from.peer, () -> from.peer.heart.hearBeat(beat));
        }
    }

    /**
     * Neither could hear the other within one detection time, be it cut or frozen, and nobody arbitrates exactly: then
     * two histories are possible.
     */
    private void noteIsolation() {
        for (SimulatedNode node : List.of(n1, n2)) {
            if (!beatsPass[node == n1 ? 0 : 1] || node.heart.isFrozen()) {
                muteMs[node == n1 ? 0 : 1] = nowMs;
            }
        }
        long lately = nowMs - TIMING.detectionMs() - 2 * TICK_MS;
        if (muteMs[0] >= lately && muteMs[1] >= lately && !linkStands() && witness != Witness.LEASE) {
            isolated = true;
        }
    }

    void askWitness(SimulatedNode from, Effect.AskWitness question) {
        later(1 + random.nextInt(50), from, () -> {
            boolean reached = witness == Witness.NONE || witnessAnswers[from == n1 ? 0 : 1];
            boolean exact = witness == Witness.LEASE;
            if (!reached && random.nextBoolean()) {
                return;
            }
            boolean granted = reached && (!exact || leases.computeIfAbsent(question.generation(), _ -> from) == from);
            from.feed(new Event.WitnessAnswered(question.question(), granted, exact, "the witness"));
        });
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

    int linkEpoch() {
        return epoch;
    }

    long copyMs() {
        return 20L + random.nextInt(2_000);
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
                node.heart.onTime(what);
            }
        });
    }

    void laterByHand(SimulatedNode node) {
        later(1 + random.nextInt(300), node, node::finishByHand);
    }

    /** Everything on the node stands still. */
    void freeze(SimulatedNode node, long forMs) {
        if (node.engineUp && !node.heart.isFrozen()) {
            node.heart.freeze(forMs);
            at(forMs, node.heart::thaw);
            // The peer's kernel gives the connection up when nothing is heard over it.
            at(3_000, () -> {
                if (node.heart.isFrozen() && !node.peer.heart.isFrozen()) {
                    cut();
                }
            });
        }
    }

    /** Over the link of that epoch, in order with everything else in that direction. */
    void transfer(int linkEpoch, long delayMs, SimulatedNode to, Runnable what) {
        int direction = to == n1 ? 0 : 1;
        long arrival = Math.max(lastArrivalMs[direction], nowMs + delayMs);
        lastArrivalMs[direction] = arrival;
        at(arrival - nowMs, () -> {
            int life = to.life;
            to.heart.onTime(() -> {
                if (to.life == life && to.heardLinkUp && epoch == linkEpoch) {
                    what.run();
                }
            });
        });
    }

    /** As {@link #transfer}, for what looks at both ends: only while the link stands. */
    void transferData(int linkEpoch, long delayMs, SimulatedNode to, Runnable what) {
        transfer(linkEpoch, delayMs, to, () -> {
            if (linkStands()) {
                what.run();
            }
        });
    }

    void send(SimulatedNode from, PeerStatus status) {
        if (from.heardLinkUp) {
            transfer(epoch, 1 + random.nextInt(5), from.peer, () -> from.peer.feed(new Event.PeerSaid(status)));
        }
    }

    void send(SimulatedNode from, PeerMessage message) {
        if (from.heardLinkUp) {
            transfer(epoch, 1 + random.nextInt(5), from.peer, () -> from.peer.feed(new Event.PeerTold(message)));
        }
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
        n1.log.add(nowMs + " == the link is cut");
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
    void crash(SimulatedNode node, boolean machine) {
        if (node.engineUp) {
            cut();
            // What was not flushed anywhere does not outlive the loss of power of both: nobody promised that.
            node.crash(machine && !node.peer.lostPower);
        }
    }

    void crash(SimulatedNode node) {
        crash(node, true);
    }

    /** Cuts or heals the heartbeats of one direction. */
    void beats(SimulatedNode from, boolean pass) {
        beatsPass[from == n1 ? 0 : 1] = pass;
        from.log.add(nowMs + " == heartbeats to the other " + (pass ? "pass" : "are lost"));
        noteIsolation();
    }

    /** Whether two that serve may be nobody's fault: somebody took the risk, or nobody could know. */
    boolean mayDiverge() {
        return personTookTheRisk || isolated;
    }

    void check() {
        noteIsolation();
        if (n1.acknowledges() && n2.acknowledges() && !mayDiverge()) {
            throw new AssertionError("two nodes acknowledge at " + nowMs + "\n" + history());
        }
    }

    String history() {
        List<String> lines = new ArrayList<>();
        n1.log.forEach(line -> lines.add(line + "   [n1]"));
        n2.log.forEach(line -> lines.add(line + "   [n2]"));
        lines.removeIf(line -> line.contains("Tick[]")
                || line.contains("PeerLost")
                || line.contains("PeerSaid")
                || line.contains("PeerHeard"));
        lines.sort((a, b) -> Long.compare(time(a), time(b)));
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 400), lines.size()));
    }

    private static long time(String line) {
        return Long.parseLong(line.substring(0, line.indexOf(' ')));
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
                && primary.peer.is(State.SECOND)
                && primary.peer.status().readiness() == Readiness.READY;
    }
}
