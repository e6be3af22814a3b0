package io.gemel.protocol.wire;

import io.gemel.protocol.model.KeyAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * What the frames of one session are signed over: the session's id, so that nothing is taken from another session, who
 * sends, so that nothing is sent back to its sender, and the frame's type and number.
 */
public final class SessionKeys {

    private static final String FROM_DEVICE = "gemel/1 frame of a device";
    private static final String FROM_NODE = "gemel/1 frame of a node";

    private final byte[] id;
    private final String cluster;
    private final String device;
    private final String node;

    /**
     * A session.
     *
     * @param id 32 bytes, see {@link Handshake}
     * @param cluster id of the cluster
     * @param device id of the device
     * @param node id of the node
     */
    public SessionKeys(byte[] id, String cluster, String device, String node) {
        this.id = id.clone();
        this.cluster = Objects.requireNonNull(cluster, "cluster");
        this.device = Objects.requireNonNull(device, "device");
        this.node = Objects.requireNonNull(node, "node");
    }

    /** What a device signs. */
    public byte[] ofDevice(FrameType type, long sequence, byte[] payload) {
        return input(FROM_DEVICE, device, type, sequence, payload);
    }

    /** What the node signs. */
    public byte[] ofNode(FrameType type, long sequence, byte[] payload) {
        return input(FROM_NODE, node, type, sequence, payload);
    }

    private byte[] input(String context, String sender, FrameType type, long sequence, byte[] payload) {
        return SigningInput.of(context)
                .octet(type.code())
                .bytes(id)
                .number(sequence)
                .text(sender)
                .text(cluster)
                .bytes(payload)
                .encoded();
    }

    /** Whether the device signed the frame in this session. */
    public boolean isOfDevice(Frame frame, KeyAlgorithm algorithm, byte[] publicKey) {
        byte[] signed = ofDevice(frame.type(), frame.sequence(), frame.payload());
        return Signatures.isSigned(algorithm, publicKey, signed, frame.signature());
    }

    /** Frames of the node. */
    public Sender nodeSender(Signer key) {
        return new Sender(this, key, true);
    }

    /** Frames of the device. */
    public Sender deviceSender(Signer key) {
        return new Sender(this, key, false);
    }

    /** Takes the frames of the device. */
    public Receiver fromDevice(KeyAlgorithm algorithm, byte[] publicKey) {
        return new Receiver(this, algorithm, publicKey, false);
    }

    /** Takes the frames of the node. */
    public Receiver fromNode(byte[] publicKey) {
        return new Receiver(this, KeyAlgorithm.ED25519, publicKey, true);
    }

    /** Its id, 32 bytes. */
    public byte[] id() {
        return id.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SessionKeys keys
                && Arrays.equals(id, keys.id)
                && cluster.equals(keys.cluster)
                && device.equals(keys.device)
                && node.equals(keys.node);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(id);
    }

    @Override
    public String toString() {
        return "session " + Hex.of(id);
    }

    /** Numbers and signs one side's frames. Not for several threads. */
    public static final class Sender {
        private final SessionKeys session;
        private final Signer key;
        private final boolean isNode;
        private long last;

        private Sender(SessionKeys session, Signer key, boolean isNode) {
            this.session = session;
            this.key = key;
            this.isNode = isNode;
        }

        /** The next frame; it must be sent in the order of the calls. A {@link WireException} when it is too long. */
        public Frame next(FrameType type, String json) {
            byte[] payload = json.getBytes(StandardCharsets.UTF_8);
            if (payload.length > Frame.MOST_BYTES - Frame.HEADER_BYTES - Signer.SIGNATURE_BYTES) {
                throw new WireException(type + " of " + payload.length + " bytes is longer than a frame may be", null);
            }
            last++;
            byte[] input = isNode ? session.ofNode(type, last, payload) : session.ofDevice(type, last, payload);
            return new Frame(type, last, payload, key.sign(input));
        }
    }

    /** Checks the other side's frames and their order. Not for several threads. */
    public static final class Receiver {
        private final SessionKeys session;
        private final KeyAlgorithm algorithm;
        private final byte[] publicKey;
        private final boolean isNode;
        private long last;

        private Receiver(SessionKeys session, KeyAlgorithm algorithm, byte[] publicKey, boolean isNode) {
            this.session = session;
            this.algorithm = algorithm;
            this.publicKey = publicKey.clone();
            this.isNode = isNode;
        }

        /**
         * The frame, proven to be the next of this session.
         *
         * @throws RefusedException it is not; the session must end
         */
        public Frame take(byte[] bytes) {
            Frame frame = SessionReader.decode(bytes);
            byte[] input = isNode
                    ? session.ofNode(frame.type(), frame.sequence(), frame.payload())
                    : session.ofDevice(frame.type(), frame.sequence(), frame.payload());
            if (!Signatures.isSigned(algorithm, publicKey, input, frame.signature())) {
                throw SessionReader.badSignature(frame);
            }
            if (frame.sequence() != last + 1) {
                throw SessionReader.badSequence(frame, last + 1);
            }
            last = frame.sequence();
            return frame;
        }
    }
}
