package io.gemel.engine.node;

import io.gemel.engine.module.AddressAndPort;
import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.module.WitnessConfig;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.witness.LeaseAnswer;
import io.gemel.engine.witness.LeaseQuestion;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@code gemel witness} on a third machine. Of the two nodes one is let through, and only one. */
final class LeaseWitness implements Witness {

    private static final Logger LOG = LoggerFactory.getLogger(LeaseWitness.class);

    /** After how long a question that was not answered is sent again. */
    private static final long AGAIN_MS = 250;

    private static final int MAX_BYTES = 2_048;

    private final WitnessConfig config;
    private final InetSocketAddress address;
    private final NodeKey key;
    private final String peer;
    private final String peerKeyHash;

    LeaseWitness(WitnessConfig config, NodeKey key, ClusterConfig.Node peer) {
        this.config = config;
        this.address = AddressAndPort.parse(config.address()).orElseThrow();
        this.key = key;
        this.peer = peer.name();
        this.peerKeyHash = "sha256:" + peer.keyHash();
    }

    @Override
    public void ask(String module, long generation, Answer answer) {
        if (generation == 0) {
            // Of a node that knows nothing of the other's data there is nothing to say.
            answer.said(
                    false,
                    true,
                    "the witness can only say who may go on with data that both nodes had, and this node had none yet");
            return;
        }
        Thread.ofVirtual().name("witness-" + module).start(() -> {
            Reply reply = talk(LeaseQuestion.Kind.MAY_SERVE, module, generation);
            boolean granted = reply.verdict() == LeaseAnswer.Verdict.GRANTED;
            boolean held = reply.verdict() == LeaseAnswer.Verdict.HELD_BY_PEER;
            String reason = granted
                    ? "the witness (" + config + ") lets nobody else"
                    : held ? "the witness (" + config + ") let " + peer + " go on alone" : reply.reason();
            answer.said(granted, granted || held, reason);
        });
    }

    @Override
    public void greet(String module) {
        Thread.ofVirtual().name("witness-greeting").start(() -> {
            Reply reply = talk(LeaseQuestion.Kind.GREETING, module, 0);
            if (reply.verdict() == LeaseAnswer.Verdict.GREETING) {
                LOG.info("the witness ({}) answers", config);
            } else {
                LOG.warn("{}: a node that loses its peer will not serve until it does", reply.reason());
            }
        });
    }

    /** @param reason why it is {@code CANNOT_SAY} */
    private record Reply(LeaseAnswer.Verdict verdict, String reason) {}

    private Reply talk(LeaseQuestion.Kind kind, String module, long generation) {
        byte[] question = LeaseQuestion.of(kind, key.keyHash(), peerKeyHash, module, generation)
                .encode(key);
        try (DatagramSocket socket = new DatagramSocket()) {
            return talk(socket, question);
        } catch (IOException e) {
            return cannotSay("cannot be asked: " + e.getMessage());
        }
    }

    private Reply cannotSay(String why) {
        return new Reply(LeaseAnswer.Verdict.CANNOT_SAY, "the witness (" + config + ") " + why);
    }

    private Reply talk(DatagramSocket socket, byte[] question) throws IOException {
        String name = LeaseAnswer.nameOf(question);
        String why = "does not answer";
        long startNs = System.nanoTime();
        long sent = 0;
        byte[] room = new byte[MAX_BYTES];
        while (true) {
            long passedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
            if (passedMs >= ANSWER_MS) {
                return cannotSay(why);
            }
            if (passedMs >= sent * AGAIN_MS) {
                sent++;
                why = send(socket, question).orElse(why);
            }
            socket.setSoTimeout(Math.toIntExact(Math.max(1, Math.min(sent * AGAIN_MS, ANSWER_MS) - passedMs)));
            DatagramPacket packet = new DatagramPacket(room, room.length);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                continue;
            }
            byte[] datagram = Arrays.copyOf(room, packet.getLength());
            Optional<LeaseAnswer> answer = LeaseAnswer.decode(datagram, config.keyHash());
            if (answer.filter(said -> said.question().equals(name)).isPresent()) {
                LeaseAnswer said = answer.get();
                return said.verdict() == LeaseAnswer.Verdict.CANNOT_SAY
                        ? cannotSay("cannot say: " + said.reason())
                        : new Reply(said.verdict(), "");
            }
            if (LeaseAnswer.signerOf(datagram)
                    .filter(signer -> !signer.equals(config.keyHash()))
                    .isPresent()) {
                why = "answers with another key than the one in cluster.toml";
            }
        }
    }

    /** What is wrong with the way there, if anything; it may be better a moment later. */
    private Optional<String> send(DatagramSocket socket, byte[] question) {
        try {
            socket.send(new DatagramPacket(question, question.length, address));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("cannot be reached: " + e.getMessage());
        }
    }
}
