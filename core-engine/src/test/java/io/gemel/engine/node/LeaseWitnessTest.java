package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.module.WitnessConfig;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.witness.LeaseAnswer;
import io.gemel.engine.witness.LeaseQuestion;
import io.gemel.engine.witness.WitnessServer;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LeaseWitnessTest {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final int SILENCE_MS = 300;

    @TempDir
    static Path keys;

    private static NodeKey n1;
    private static NodeKey n2;
    private static NodeKey stranger;

    @TempDir
    Path dir;

    @BeforeAll
    static void makeKeys() {
        n1 = NodeKey.loadOrCreate(keys.resolve("n1"));
        n2 = NodeKey.loadOrCreate(keys.resolve("n2"));
        stranger = NodeKey.loadOrCreate(keys.resolve("stranger"));
    }

    private static ClusterConfig.Node node(String name, NodeKey key) {
        return new ClusterConfig.Node(
                name,
                key.keyHash().substring("sha256:".length()),
                Map.of(),
                9020,
                Optional.empty(),
                new InetSocketAddress(9010));
    }

    /** What the witness lets a node hear: {@code granted exact reason}. */
    private static String asks(NodeKey own, InetSocketAddress at, String pinned, long generation) throws Exception {
        WitnessConfig config = new WitnessConfig(WitnessConfig.Kind.LEASE, "127.0.0.1:" + at.getPort(), pinned);
        WitnessConfig other = new WitnessConfig(WitnessConfig.Kind.PING, "127.0.0.1");
        ClusterConfig.Node peer = own == n1 ? node("n2", n2) : node("n1", n1);
        CompletableFuture<String> answer = new CompletableFuture<>();
        Witness.of(List.of(other, config), own, peer)
                .ask(
                        "app",
                        generation,
                        (granted, exact, reason) -> answer.complete(granted + " " + exact + " " + reason));
        return answer.get(Witness.ANSWER_MS + 5_000, TimeUnit.MILLISECONDS);
    }

    @Test
    void oneOfTheTwoIsLetThroughAndOnlyOneAlsoAfterARestart() throws Exception {
        String pinned;
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of())) {
            pinned = witness.keyHash();
            assertThat(asks(n2, witness.address(), pinned, 5)).startsWith("true true");
            assertThat(asks(n1, witness.address(), pinned, 5))
                    .startsWith("false true")
                    .contains("n2 go on alone");
            assertThat(asks(n2, witness.address(), pinned, 5)).startsWith("true true");
            assertThat(asks(n1, witness.address(), pinned, 6)).startsWith("true true");
        }
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of())) {
            assertThat(witness.keyHash()).isEqualTo(pinned);
            assertThat(asks(n1, witness.address(), pinned, 5)).startsWith("false true");
            assertThat(asks(n2, witness.address(), pinned, 6)).startsWith("false true");
            assertThat(asks(n1, witness.address(), pinned, 6)).startsWith("true true");
        }
    }

    @Test
    void aNodeThatHadNothingWithTheOtherIsNotLetThrough() throws Exception {
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of())) {
            assertThat(asks(n1, witness.address(), witness.keyHash(), 0)).startsWith("false true");
        }
    }

    @Test
    void aWitnessWithAnotherKeyIsNone() throws Exception {
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of())) {
            assertThat(asks(n1, witness.address(), stranger.keyHash(), 5))
                    .startsWith("false false")
                    .contains("another key");
        }
    }

    @Test
    void whoIsNotOnTheListIsNotServed() throws Exception {
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of(n1.keyHash(), n2.keyHash()))) {
            assertThat(asks(n2, witness.address(), witness.keyHash(), 5)).startsWith("true");
            assertThat(asks(stranger, witness.address(), witness.keyHash(), 5))
                    .startsWith("false false")
                    .contains("does not answer");
        }
    }

    @Test
    void aWitnessThatIsNotThereOrHangsIsARefusalInTime() throws Exception {
        InetSocketAddress at;
        try (DatagramSocket hangs = new DatagramSocket(ANY_PORT)) {
            at = (InetSocketAddress) hangs.getLocalSocketAddress();
            assertThat(asks(n1, at, stranger.keyHash(), 5))
                    .startsWith("false false")
                    .contains("does not answer");
        }
        assertThat(asks(n1, at, stranger.keyHash(), 5)).startsWith("false false");
    }

    /** Somebody between a node and its witness, who changes what the witness answers. */
    private static void between(DatagramSocket front, InetSocketAddress witness, UnaryOperator<byte[]> changes) {
        Thread.ofVirtual().start(() -> {
            try (DatagramSocket back = new DatagramSocket(ANY_PORT)) {
                while (true) {
                    DatagramPacket question = new DatagramPacket(new byte[2_048], 2_048);
                    front.receive(question);
                    back.send(new DatagramPacket(question.getData(), question.getLength(), witness));
                    DatagramPacket answer = new DatagramPacket(new byte[2_048], 2_048);
                    back.receive(answer);
                    byte[] changed = changes.apply(Arrays.copyOf(answer.getData(), answer.getLength()));
                    front.send(new DatagramPacket(changed, changed.length, question.getSocketAddress()));
                }
            } catch (Exception e) {
                // The test ended.
            }
        });
    }

    @Test
    void anAnswerThatWasChangedForgedOrHeardBeforeIsNotBelieved() throws Exception {
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of());
                DatagramSocket front = new DatagramSocket(ANY_PORT)) {
            InetSocketAddress at = (InetSocketAddress) front.getLocalSocketAddress();
            byte[][] first = new byte[1][];
            AtomicReference<UnaryOperator<byte[]>> attack = new AtomicReference<>(answer -> answer);
            between(front, witness.address(), answer -> {
                byte[] said = attack.get().apply(answer);
                first[0] = first[0] == null ? answer : first[0];
                return said;
            });
            assertThat(asks(n1, at, witness.keyHash(), 5))
                    .as("without an attack")
                    .startsWith("true true");
            String unbelieved = "false false";
            attack.set(_ -> first[0]);
            assertThat(asks(n1, at, witness.keyHash(), 5))
                    .as("a yes that was heard before")
                    .startsWith(unbelieved);
            for (int i = 0; i < first[0].length; i += 7) {
                first[0][i] ^= 1;
            }
            assertThat(asks(n1, at, witness.keyHash(), 5)).as("garbage").startsWith(unbelieved);
            attack.set(answer -> {
                int verdict = answer.length - 1 - 32 - 1;
                assertThat(answer[verdict]).as("no").isEqualTo((byte) 2);
                answer[verdict] = 1;
                return answer;
            });
            assertThat(asks(n2, at, witness.keyHash(), 5))
                    .as("a no turned into a yes")
                    .startsWith(unbelieved);
        }
    }

    @Test
    void aYesThatSomebodyElseSignedIsNotBelieved() throws Exception {
        try (DatagramSocket front = new DatagramSocket(ANY_PORT)) {
            InetSocketAddress at = (InetSocketAddress) front.getLocalSocketAddress();
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        DatagramPacket question = new DatagramPacket(new byte[2_048], 2_048);
                        front.receive(question);
                        String name = LeaseAnswer.nameOf(Arrays.copyOf(question.getData(), question.getLength()));
                        byte[] yes = new LeaseAnswer(LeaseAnswer.Verdict.GRANTED, name, "").encode(stranger);
                        front.send(new DatagramPacket(yes, yes.length, question.getSocketAddress()));
                    }
                } catch (Exception e) {
                    // The test ended.
                }
            });
            assertThat(asks(n1, at, n2.keyHash(), 5)).startsWith("false false").contains("another key");
        }
    }

    private static Optional<byte[]> sends(InetSocketAddress witness, byte[] datagram) throws Exception {
        try (DatagramSocket socket = new DatagramSocket(ANY_PORT)) {
            socket.setSoTimeout(SILENCE_MS);
            socket.send(new DatagramPacket(datagram, datagram.length, witness));
            DatagramPacket answer = new DatagramPacket(new byte[2_048], 2_048);
            socket.receive(answer);
            return Optional.of(Arrays.copyOf(answer.getData(), answer.getLength()));
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        }
    }

    @Test
    void nobodyAsksInTheNameOfANodeAndGarbageIsDropped() throws Exception {
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of())) {
            byte[] question = LeaseQuestion.of(LeaseQuestion.Kind.MAY_SERVE, n2.keyHash(), n1.keyHash(), "app", 5)
                    .encode(n2);
            for (int i = 0; i < question.length; i += 23) {
                byte[] changed = question.clone();
                changed[i] ^= 1;
                witnessSaysNothing(witness, changed);
            }
            witnessSaysNothing(witness, new byte[0]);
            witnessSaysNothing(witness, new byte[1_500]);
            witnessSaysNothing(witness, Arrays.copyOf(question, question.length - 1));
            assertThat(asks(n1, witness.address(), witness.keyHash(), 5))
                    .as("none of it took the register")
                    .startsWith("true true");
            assertThat(sends(witness.address(), question)).isPresent();
        }
    }

    private static void witnessSaysNothing(WitnessServer witness, byte[] datagram) throws Exception {
        assertThat(sends(witness.address(), datagram)).isEmpty();
    }

    @Test
    void aLateRepetitionOfAQuestionChangesNothing() throws Exception {
        try (WitnessServer witness = WitnessServer.open(dir, ANY_PORT, Set.of())) {
            byte[] question = LeaseQuestion.of(LeaseQuestion.Kind.MAY_SERVE, n2.keyHash(), n1.keyHash(), "app", 5)
                    .encode(n2);
            assertThat(asks(n1, witness.address(), witness.keyHash(), 5)).startsWith("true true");
            assertThat(verdict(witness, question)).isEqualTo(LeaseAnswer.Verdict.HELD_BY_PEER);
            assertThat(verdict(witness, question)).isEqualTo(LeaseAnswer.Verdict.HELD_BY_PEER);
            assertThat(asks(n1, witness.address(), witness.keyHash(), 5)).startsWith("true true");
        }
    }

    private static LeaseAnswer.Verdict verdict(WitnessServer witness, byte[] question) throws Exception {
        byte[] answer = sends(witness.address(), question).orElseThrow();
        return LeaseAnswer.decode(answer, witness.keyHash()).orElseThrow().verdict();
    }
}
