package io.gemel.engine.witness;

import io.gemel.engine.net.NodeKey;
import io.gemel.engine.witness.LeaseAnswer.Verdict;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers nodes that lost their peer, one datagram at a time, see {@link Registers}. What is no question of a node is
 * dropped. A question that comes twice is answered twice, the same.
 */
public final class WitnessServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WitnessServer.class);
    private static final String HASH_PREFIX = "sha256:";

    /** Signatures that are checked in a second: garbage must not cost a processor. */
    private static final int CHECKS_A_SECOND = 500;

    private static final int CLOSE_MS = 5_000;

    private final NodeKey key;
    private final Registers registers;
    private final Set<String> nodes;
    private final DatagramSocket socket;
    private final Thread thread;
    private long secondNs = System.nanoTime();
    private int checks;
    private long dropped;
    private long reportedNs = secondNs - TimeUnit.MINUTES.toNanos(1);

    private WitnessServer(NodeKey key, Registers registers, Set<String> nodes, DatagramSocket socket) {
        this.key = key;
        this.registers = registers;
        this.nodes = Set.copyOf(nodes);
        this.socket = socket;
        this.thread = Thread.ofPlatform().name("witness").unstarted(this::serve);
    }

    /**
     * Begins to answer; a {@link Problem} when it cannot.
     *
     * @param dir where its key and what it granted are
     * @param listen where it is asked
     * @param nodes hashes of the keys of the nodes that it serves; when empty, every node that asks
     */
    public static WitnessServer open(Path dir, InetSocketAddress listen, Set<String> nodes) {
        Registers registers = Registers.open(dir);
        try {
            NodeKey key = NodeKey.loadOrCreate(dir.resolve("key"));
            WitnessServer server = new WitnessServer(key, registers, nodes, new DatagramSocket(listen));
            server.thread.start();
            return server;
        } catch (IOException e) {
            registers.close();
            throw new Problem(
                    "the witness cannot listen at " + listen.getAddress().getHostAddress() + " port " + listen.getPort()
                            + ": " + e.getMessage(),
                    "give --listen an address of this machine and a free UDP port",
                    e);
        } catch (RuntimeException e) {
            registers.close();
            throw e;
        }
    }

    /** What nodes have to know of it, as {@link NodeKey#keyHash}. */
    public String keyHash() {
        return key.keyHash();
    }

    /** Where it is asked. */
    public InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    private void serve() {
        byte[] room = new byte[Sealed.MAX_BYTES + 1];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(room, room.length);
                socket.receive(packet);
                byte[] datagram = Arrays.copyOf(room, packet.getLength());
                Optional<LeaseQuestion> question = proven(datagram);
                if (question.isPresent()) {
                    byte[] answer =
                            answer(question.get(), LeaseAnswer.nameOf(datagram)).encode(key);
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    LOG.warn("a question could not be taken or answered: {}", e.getMessage());
                }
            } catch (RuntimeException e) {
                LOG.error("unexpected error with a question", e);
            }
        }
    }

    /** The question, if a node asks it that is served. */
    private Optional<LeaseQuestion> proven(byte[] datagram) {
        long nowNs = System.nanoTime();
        if (nowNs - secondNs > TimeUnit.SECONDS.toNanos(1)) {
            secondNs = nowNs;
            checks = 0;
        }
        if (dropped > 0 && nowNs - reportedNs > TimeUnit.MINUTES.toNanos(1)) {
            LOG.warn("{} datagrams were no question of a node that is served, and were dropped", dropped);
            reportedNs = nowNs;
            dropped = 0;
        }
        Optional<LeaseQuestion> question = LeaseQuestion.unproven(datagram)
                .filter(asked -> nodes.isEmpty() || (nodes.contains(asked.node()) && nodes.contains(asked.peer())))
                .filter(_ -> ++checks <= CHECKS_A_SECOND)
                .filter(_ -> LeaseQuestion.isSigned(datagram));
        if (question.isEmpty()) {
            dropped++;
        }
        return question;
    }

    private LeaseAnswer answer(LeaseQuestion asked, String name) {
        String node = asked.node().substring(HASH_PREFIX.length());
        String peer = asked.peer().substring(HASH_PREFIX.length());
        try {
            return switch (asked.kind()) {
                case GREETING -> {
                    registers.checkRoom(node, peer, asked.module());
                    yield new LeaseAnswer(Verdict.GREETING, name, "");
                }
                case MAY_SERVE -> {
                    boolean may = registers.isFirst(node, peer, asked.module(), asked.generation());
                    LOG.info(
                            "{} after generation {}: {} {}",
                            asked.module(),
                            Long.toHexString(asked.generation()),
                            asked.node(),
                            may ? "may serve alone" : "may not, for " + asked.peer() + " may");
                    yield new LeaseAnswer(may ? Verdict.GRANTED : Verdict.HELD_BY_PEER, name, "");
                }
            };
        } catch (IOException | Registers.FullException e) {
            LOG.error("{} of {} cannot be answered: {}", asked.module(), asked.node(), e.getMessage());
            return new LeaseAnswer(Verdict.CANNOT_SAY, name, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() {
        socket.close();
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        registers.close();
    }
}
