package io.gemel.engine.net;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Datagrams between the two nodes, on every network, signed by the sender's node key. A datagram is {@code u32 magic, u8
 * length of the key, key (X.509), u8 length of the signature, signature, payload}; signed are a context, the cluster's
 * name, the sender's and the receiver's names, each with its length, and the payload.
 *
 * <p>That a datagram is new is the receiver's business. A socket that cannot be opened, since its address is not there
 * yet, is tried again.
 */
public final class SignedDatagrams implements AutoCloseable {

    /** A way to the peer: the network's name, this node's address there and the peer's. */
    public record Path(String network, InetSocketAddress own, InetSocketAddress peer) {}

    /** Takes what came and is the peer's; called from one thread for each network. */
    @FunctionalInterface
    public interface Receiver {
        void received(String network, byte[] payload);
    }

    private static final Logger LOG = LoggerFactory.getLogger(SignedDatagrams.class);

    /** "GMLB" */
    private static final int MAGIC = 0x474D_4C42;

    private static final String CONTEXT = "gemel heartbeat 1";
    private static final String ALGORITHM = "Ed25519";
    private static final int MAX_BYTES = 8_192;
    private static final int REOPEN_MS = 1_000;
    private static final int CLOSE_MS = 2_000;

    /** Signatures that are checked in a second on one network: garbage must not cost a processor. */
    private static final int CHECKS_A_SECOND = 500;

    /** Who speaks to whom. */
    public record Ends(String cluster, String node, String peer, String peerKeyHash) {}

    private final Ends ends;
    private final NodeKey key;
    private final Receiver receiver;
    private final List<Way> ways = new ArrayList<>();
    private final LogLimit refused = new LogLimit(LOG);
    private volatile PublicKey known;
    private volatile boolean closed;

    /** Opens nothing yet; see {@link #start}. */
    public SignedDatagrams(Ends ends, NodeKey key, List<Path> paths, Receiver receiver) {
        this.ends = ends;
        this.key = key;
        this.receiver = receiver;
        paths.forEach(path -> ways.add(new Way(path)));
    }

    /** Begins to receive. */
    public void start() {
        ways.forEach(way -> way.thread.start());
    }

    /** Sends on every network that works. */
    public void send(byte[] payload) {
        byte[] datagram = sign(payload);
        ways.forEach(way -> way.send(datagram));
    }

    private byte[] sign(byte[] payload) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key.privateKey());
            signature.update(signed(ends.node(), ends.peer(), payload));
            byte[] proof = signature.sign();
            byte[] own = key.certificate().getPublicKey().getEncoded();
            return ByteBuffer.allocate(Integer.BYTES + 2 + own.length + proof.length + payload.length)
                    .putInt(MAGIC)
                    .put((byte) own.length)
                    .put(own)
                    .put((byte) proof.length)
                    .put(proof)
                    .put(payload)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new Problem("the node key cannot sign: " + e.getMessage(), "see that the JDK is whole", e);
        }
    }

    private byte[] signed(String from, String to, byte[] payload) {
        ByteBuffer all = ByteBuffer.allocate(MAX_BYTES + 1_024);
        for (String text : List.of(CONTEXT, ends.cluster(), from, to)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            all.putShort((short) bytes.length).put(bytes);
        }
        all.put(payload);
        return Arrays.copyOf(all.array(), all.position());
    }

    /** What the peer sent; nothing when it is not the peer's. */
    Optional<byte[]> open(byte[] datagram) {
        try {
            ByteBuffer in = ByteBuffer.wrap(datagram);
            if (in.getInt() != MAGIC) {
                return Optional.empty();
            }
            byte[] sender = new byte[Byte.toUnsignedInt(in.get())];
            in.get(sender);
            byte[] proof = new byte[Byte.toUnsignedInt(in.get())];
            in.get(proof);
            byte[] payload = new byte[in.remaining()];
            in.get(payload);
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(peerKey(sender));
            signature.update(signed(ends.peer(), ends.node(), payload));
            return signature.verify(proof) ? Optional.of(payload) : Optional.empty();
        } catch (GeneralSecurityException | BufferUnderflowException e) {
            return Optional.empty();
        }
    }

    private PublicKey peerKey(byte[] encoded) throws GeneralSecurityException {
        PublicKey before = known;
        if (before != null && Arrays.equals(before.getEncoded(), encoded)) {
            return before;
        }
        PublicKey sent = KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded));
        if (!NodeKey.hashOf(sent).equals(ends.peerKeyHash())) {
            throw new GeneralSecurityException("not the peer's key");
        }
        known = sent;
        return sent;
    }

    @Override
    public void close() {
        closed = true;
        ways.forEach(Way::close);
    }

    /** One network. */
    private final class Way implements Runnable {
        private final Path path;
        private final Thread thread;
        private volatile DatagramSocket socket;
        private volatile boolean complained;
        private long secondNs = System.nanoTime();
        private int checks;

        Way(Path path) {
            this.path = path;
            thread = LinkThreads.daemon(this, "heartbeats " + path.network());
        }

        void send(byte[] datagram) {
            DatagramSocket to = socket;
            if (to == null) {
                return;
            }
            try {
                to.send(new DatagramPacket(datagram, datagram.length, path.peer()));
            } catch (IOException e) {
                LOG.debug("no heartbeat on {}: {}", path.network(), e.getMessage());
            }
        }

        @Override
        public void run() {
            byte[] room = new byte[MAX_BYTES];
            while (!closed) {
                try {
                    if (socket == null) {
                        socket = new DatagramSocket(path.own());
                        complained = false;
                    }
                    DatagramPacket packet = new DatagramPacket(room, room.length);
                    socket.receive(packet);
                    take(packet, Arrays.copyOf(room, packet.getLength()));
                } catch (IOException e) {
                    reopen(e);
                } catch (RuntimeException e) {
                    LOG.error("heartbeats on {}: unexpected error", path.network(), e);
                }
            }
        }

        private void take(DatagramPacket packet, byte[] datagram) {
            if (!mayCheck()) {
                return;
            }
            Optional<byte[]> payload = open(datagram);
            if (payload.isPresent()) {
                receiver.received(path.network(), payload.get());
            } else {
                refused.warn("a datagram from " + packet.getSocketAddress() + " on " + path.network()
                        + " is not a heartbeat of " + ends.peer() + ": ignored");
            }
        }

        private boolean mayCheck() {
            long nowNs = System.nanoTime();
            if (nowNs - secondNs > TimeUnit.SECONDS.toNanos(1)) {
                secondNs = nowNs;
                checks = 0;
            }
            return ++checks <= CHECKS_A_SECOND;
        }

        private void reopen(IOException cause) {
            DatagramSocket broken = socket;
            if (broken != null && !closed && !broken.isClosed()) {
                // An error that the network reported, such as a port that nobody listens at: the socket is as before.
                LOG.debug("heartbeats on {}: {}", path.network(), cause.getMessage());
                return;
            }
            socket = null;
            if (!closed && !complained) {
                complained = true;
                LOG.warn(
                        "no heartbeats on network {} for now: {} cannot be used ({})",
                        path.network(),
                        path.own(),
                        cause.getMessage());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(REOPEN_MS));
        }

        void close() {
            DatagramSocket open = socket;
            if (open != null) {
                open.close();
            }
            thread.interrupt();
            try {
                thread.join(CLOSE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
