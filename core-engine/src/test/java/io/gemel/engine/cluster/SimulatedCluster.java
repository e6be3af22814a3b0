package io.gemel.engine.cluster;

import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** Two brains, one link, one clock, one seed. After every step: never two that serve, unless a person brought it about. */
final class SimulatedCluster {

    static final long LOOK_MS = 3_000;
    private static final long TICK_MS = 500;

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

    /** A person forced, or became primary without seeing the other: two that serve are no fault of the program then. */
    boolean personTookTheRisk;

    SimulatedCluster(long seed) {
        random = new Random(seed);
        n1.peer = n2;
        n2.peer = n1;
        n1.boot();
        n2.boot();
        tick();
    }

    private void tick() {
        n1.feed(new Event.Tick());
        n2.feed(new Event.Tick());
        at(TICK_MS, this::tick);
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
        int life = node.life;
        at(delayMs, () -> {
            if (node.life == life) {
                node.feed(event);
            }
        });
    }

    void laterByHand(SimulatedNode node) {
        int life = node.life;
        at(1 + random.nextInt(300), () -> {
            if (node.life == life) {
                node.finishByHand();
            }
        });
    }

    /** Over the link of that epoch, in order with everything else in that direction. */
    void transfer(int linkEpoch, long delayMs, SimulatedNode to, Runnable what) {
        int direction = to == n1 ? 0 : 1;
        long arrival = Math.max(lastArrivalMs[direction], nowMs + delayMs);
        lastArrivalMs[direction] = arrival;
        at(arrival - nowMs, () -> {
            if (linkStands() && epoch == linkEpoch) {
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
        if (up || n1.heardLinkUp || n2.heardLinkUp || !n1.engineUp || !n2.engineUp) {
            return;
        }
        up = true;
        epoch++;
        n1.heardLinkUp = true;
        n2.heardLinkUp = true;
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
        hearsCut(n1);
        hearsCut(n2);
    }

    private void hearsCut(SimulatedNode node) {
        int life = node.life;
        at(random.nextInt(3_000), () -> {
            if (node.life == life && node.heardLinkUp) {
                node.heardLinkUp = false;
                node.feed(new Event.LinkDown("cut"));
            }
        });
    }

    /** The engine dies, and the machine perhaps with it. */
    void crash(SimulatedNode node, boolean machine) {
        if (node.engineUp) {
            cut();
            node.crash(machine);
        }
    }

    void crash(SimulatedNode node) {
        crash(node, true);
    }

    void check() {
        if (n1.serves() && n2.serves() && !personTookTheRisk) {
            throw new AssertionError("two nodes serve at " + nowMs + "\n" + history());
        }
    }

    String history() {
        List<String> lines = new ArrayList<>();
        n1.log.forEach(line -> lines.add(line + "   [n1]"));
        n2.log.forEach(line -> lines.add(line + "   [n2]"));
        lines.removeIf(line -> line.contains("Tick[]") || line.contains("PeerSaid"));
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
