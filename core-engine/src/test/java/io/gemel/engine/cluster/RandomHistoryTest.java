package io.gemel.engine.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Two brains under random commands, cuts, crashes and failures, each history from one printed seed. */
class RandomHistoryTest {

    private static final int SEEDS = 300;
    private static final int MOMENTS = 120;

    @Test
    void neverTwoPrimariesUnlessAPersonTookTheRiskAndNoAcknowledgedWriteIsLost() {
        int resyncs = 0;
        int takeOvers = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            try {
                History history = new History(seed);
                history.run();
                resyncs += history.cluster.resyncs;
                takeOvers += history.cluster.takeOvers;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        assertThat(resyncs).as("the shorter way is taken at all").isGreaterThan(SEEDS / 10);
        assertThat(takeOvers).as("a second takes over by itself at all").isGreaterThan(SEEDS / 10);
    }

    private static final class History {
        private final SimulatedCluster cluster;
        private final Random random;
        private final List<Integer> acknowledged = new ArrayList<>();
        private int value;

        History(long seed) {
            cluster = new SimulatedCluster(seed);
            random = cluster.random;
            cluster.witness = List.of(SimulatedCluster.Witness.values()).get(random.nextInt(3));
        }

        void run() {
            cluster.connect();
            for (int moment = 0; moment < MOMENTS; moment++) {
                act(random.nextInt(17));
                write();
                cluster.run(random.nextInt(random.nextInt(10) == 0 ? 20_000 : 700));
                write();
                servedDataHasEverything();
            }
            comesToRest();
        }

        private SimulatedNode anyNode() {
            return random.nextBoolean() ? cluster.n1 : cluster.n2;
        }

        private void act(int what) {
            SimulatedNode node = anyNode();
            switch (what) {
                case 0, 1 -> node.command(Verb.SWAP, false);
                case 2 -> node.command(Verb.STOP, false);
                case 3 -> node.command(Verb.START, false);
                case 4, 5 -> carefulPrim(node);
                case 6, 7 -> carefulSecond(node);
                case 8 -> cluster.cut();
                case 9, 10 -> revive();
                case 11 -> {
                    int kind = random.nextInt(9);
                    node.fails = random.nextBoolean() ? effect -> false : effect -> effect.hashCode() % 9 == kind;
                    if (random.nextInt(3) == 0) {
                        cluster.crash(node, random.nextBoolean());
                    }
                }
                case 12 -> node.flush();
                case 13 -> cluster.freeze(node, random.nextInt(12_000));
                case 14 -> cluster.beats(node, false);
                case 15 -> cluster.beats(node, true);
                case 16 -> cluster.witnessAnswers[random.nextInt(2)] = random.nextInt(3) > 0;
                default -> throw new IllegalStateException();
            }
        }

        /** A person who types prim only where the other node is seen, so that the program can judge. */
        private void carefulPrim(SimulatedNode node) {
            if (cluster.linkStands()) {
                node.command(Verb.PRIM, false);
            }
        }

        /** A person who gives data up only where the other node serves or nobody has data. */
        private void carefulSecond(SimulatedNode node) {
            if (acknowledged.isEmpty() || node.peer.acknowledges()) {
                node.command(Verb.SECOND, false);
            }
        }

        private void revive() {
            for (SimulatedNode node : List.of(cluster.n1, cluster.n2)) {
                if (!node.engineUp) {
                    node.boot();
                }
            }
            cluster.connect();
        }

        private void write() {
            for (SimulatedNode node : List.of(cluster.n1, cluster.n2)) {
                if (node.write(++value)) {
                    acknowledged.add(value);
                }
            }
        }

        private List<Integer> lacking(SimulatedNode node) {
            List<Integer> lacking = new ArrayList<>(acknowledged);
            lacking.removeAll(node.data);
            return lacking;
        }

        private void servedDataHasEverything() {
            for (SimulatedNode node : List.of(cluster.n1, cluster.n2)) {
                if (node.acknowledges() && !cluster.mayDiverge()) {
                    node.require(node.data.containsAll(acknowledged), "serves without acknowledged " + lacking(node));
                }
            }
            if (cluster.mirrors(cluster.n1) || cluster.mirrors(cluster.n2)) {
                boolean frozen = cluster.n1.heart.isFrozen() || cluster.n2.heart.isFrozen();
                cluster.n1.require(
                        frozen || !cluster.linkStands() || cluster.n1.data.equals(cluster.n2.data),
                        "a mirror that differs");
            }
        }

        /** Once faults end, a person gets from any state to a mirror without force, and nothing is lost. */
        private void comesToRest() {
            cluster.n1.fails = effect -> false;
            cluster.n2.fails = effect -> false;
            cluster.beats(cluster.n1, true);
            cluster.beats(cluster.n2, true);
            cluster.run(15_000);
            revive();
            cluster.run(10_000);
            revive();
            cluster.run(70_000);
            SimulatedNode primary = cluster.n2.serves() ? cluster.n2 : cluster.n1;
            if (!primary.serves()) {
                primary.command(Verb.PRIM, false);
                primary.peer.command(Verb.PRIM, false);
                cluster.run(70_000);
                primary = cluster.n2.serves() ? cluster.n2 : cluster.n1;
            }
            if (!primary.serves() && cluster.mayDiverge()) {
                primary.command(Verb.PRIM, true);
                cluster.run(70_000);
            }
            assertThat(primary.serves()).withFailMessage(cluster::history).isTrue();
            primary.peer.command(Verb.SECOND, false);
            cluster.run(70_000);
            assertThat(cluster.mirrors(primary))
                    .withFailMessage(cluster::history)
                    .isTrue();
            assertThat(primary.is(State.PRIM)).isTrue();
            primary.require(!primary.waitsForPeer, "changes wait although all is well");
            primary.require(primary.write(++value), "the service does not write although all is well");
            assertThat(primary.peer.status().readiness()).isEqualTo(Readiness.READY);
            servedDataHasEverything();
        }
    }
}
