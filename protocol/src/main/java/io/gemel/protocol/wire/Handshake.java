package io.gemel.protocol.wire;

import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * How a session begins, each side as a value without a socket.
 *
 * <ol>
 *   <li>Node: HELLO, with a nonce that is used once.
 *   <li>Device: LOGIN, signed over {@code (context, transcript)}. The transcript is the hash of: context, cluster id, node
 *       id, the name of the key that TLS proved, the payload of HELLO, the payload of LOGIN. So whatever either side
 *       said is signed, the versions that were offered too.
 *   <li>Node: WELCOME, signed over {@code (context, transcript, payload)}.
 *   <li>The session's id is the transcript.
 * </ol>
 *
 * <p>A refusal is signed over the nonce of HELLO, so that it is no older one. LOGIN is parsed before its signature is
 * checked, since it says whose key that is; it is no longer than {@link Frame#MOST_HANDSHAKE_BYTES}.
 */
public final class Handshake {

    /** The versions of the protocol that this code speaks, the newest last. */
    public static final List<Integer> VERSIONS = List.of(1);

    /** Bytes of each nonce. */
    public static final int NONCE_BYTES = 32;

    private static final String TRANSCRIPT = "gemel/1 session";
    private static final String LOGIN = "gemel/1 login of a device";
    private static final String WELCOME = "gemel/1 welcome of a node";
    private static final String REFUSED = "gemel/1 refusal of a node";

    private Handshake() {}

    private static byte[] transcript(String cluster, String node, String tlsKey, byte[] hello, byte[] login) {
        return SigningInput.of(TRANSCRIPT)
                .text(cluster)
                .text(node)
                .text(tlsKey)
                .bytes(hello)
                .bytes(login)
                .hash();
    }

    private static byte[] refusedInput(String node, String nonce, byte[] payload) {
        return SigningInput.of(REFUSED).text(node).text(nonce).bytes(payload).encoded();
    }

    static Frame frame(FrameType type, byte[] payload, byte[] signature) {
        return new Frame(type, 0, payload, signature);
    }

    /** The greatest version in both lists. */
    static Optional<Integer> best(List<Integer> some, List<Integer> others) {
        return some.stream().filter(others::contains).max(Integer::compare);
    }

    /** The frame, of one type; anything else is refused. */
    static Frame expect(byte[] bytes, FrameType... types) {
        if (bytes.length > Frame.MOST_HANDSHAKE_BYTES) {
            throw new RefusedException(
                    RefusalReason.BAD_FRAME,
                    "a frame of " + bytes.length + " bytes before the session stands",
                    "at most " + Frame.MOST_HANDSHAKE_BYTES);
        }
        Frame frame = SessionReader.decode(bytes);
        if (!Arrays.asList(types).contains(frame.type()) || frame.sequence() != 0) {
            throw new RefusedException(
                    RefusalReason.BAD_FRAME,
                    frame.type() + " " + frame.sequence() + " came where " + Arrays.toString(types) + " is due",
                    "use a client of the node's version");
        }
        return frame;
    }

    static <T> T parse(Class<T> type, Frame frame) {
        try {
            return Json.read(type, frame.json());
        } catch (WireException e) {
            throw new RefusedException(RefusalReason.BAD_FRAME, e.getMessage(), "use a client of the node's version");
        }
    }

    /** Refuses what is meant for another cluster, another node or another version. */
    static void checkAim(String cluster, String node, String wantedCluster, String wantedNode) {
        if (!cluster.equals(wantedCluster)) {
            throw new RefusedException(
                    RefusalReason.WRONG_CLUSTER,
                    "this is a node of the cluster " + cluster + ", not of " + wantedCluster,
                    "see the address; pair with this cluster if that is the one: gemel pair");
        }
        if (!node.equals(wantedNode)) {
            throw new RefusedException(
                    RefusalReason.WRONG_NODE,
                    "this is the node " + node + ", not " + wantedNode,
                    "see the address; if the node was installed anew, pair again: gemel pair");
        }
    }

    static RefusedException noVersion(List<Integer> own, List<Integer> others) {
        return new RefusedException(
                RefusalReason.VERSION,
                "this node speaks the versions " + own + " of the protocol, the device " + others,
                "install the same version of Gemel on both");
    }

    /** The device's side of one handshake. */
    public static final class DeviceSide {
        private final String cluster;
        private final String node;
        private final Signer device;
        private final List<Integer> versions;
        private final byte[] nonce;
        private Messages.Hello hello;
        private byte[] nodeKey = {};
        private byte[] transcript = {};

        /**
         * @param cluster id of the cluster that is wanted
         * @param node id of the node that is wanted
         * @param nonce {@link #NONCE_BYTES} fresh random bytes
         */
        public DeviceSide(String cluster, String node, Signer device, List<Integer> versions, byte[] nonce) {
            this.cluster = cluster;
            this.node = node;
            this.device = device;
            this.versions = List.copyOf(versions);
            this.nonce = nonce.clone();
        }

        /**
         * The answer to HELLO.
         *
         * @param tlsKey the public key that the node proved in TLS
         * @throws RefusedException it is not the node that is wanted, or no version is in common
         */
        public Frame login(byte[] helloFrame, byte[] tlsKey) {
            Frame frame = expect(helloFrame, FrameType.HELLO);
            hello = parse(Messages.Hello.class, frame);
            checkAim(hello.cluster(), KeyId.of(tlsKey), cluster, node);
            checkAim(hello.cluster(), hello.node(), cluster, node);
            nodeKey = tlsKey.clone();
            int version = best(versions, hello.versions()).orElseThrow(() -> noVersion(hello.versions(), versions));
            byte[] payload = Json.write(
                            Messages.Login.class,
                            new Messages.Login(
                                    cluster,
                                    node,
                                    device.id(),
                                    Base64.getEncoder().encodeToString(nonce),
                                    versions,
                                    version))
                    .getBytes(StandardCharsets.UTF_8);
            transcript = Handshake.transcript(cluster, node, KeyId.of(tlsKey), frame.payload(), payload);
            return frame(
                    FrameType.LOGIN,
                    payload,
                    device.sign(SigningInput.of(LOGIN).bytes(transcript).encoded()));
        }

        /** What the node's clock said, milliseconds of the epoch. Only after {@link #login}. */
        public long nodeTimeMs() {
            return hello.timeMs();
        }

        /**
         * What the node said to it.
         *
         * @throws RefusedException it refused, with its reason, or did not sign
         */
        public Messages.Welcome welcome(byte[] bytes) {
            Frame frame = expect(bytes, FrameType.WELCOME, FrameType.REFUSED);
            if (frame.type() == FrameType.REFUSED) {
                throw refused(frame, hello, nodeKey);
            }
            byte[] input = SigningInput.of(WELCOME)
                    .bytes(transcript)
                    .bytes(frame.payload())
                    .encoded();
            if (!Signatures.isSigned(KeyAlgorithm.ED25519, nodeKey, input, frame.signature())) {
                throw SessionReader.badSignature(frame);
            }
            return parse(Messages.Welcome.class, frame);
        }

        /** The session. Only after {@link #welcome}. */
        public SessionKeys session() {
            return new SessionKeys(transcript, cluster, device.id(), node);
        }
    }

    /** The refusal that a node signed, or that nobody did. */
    static RefusedException refused(Frame frame, Messages.Hello hello, byte[] nodeKey) {
        byte[] input = refusedInput(hello.node(), hello.nonce(), frame.payload());
        if (!Signatures.isSigned(KeyAlgorithm.ED25519, nodeKey, input, frame.signature())) {
            return SessionReader.badSignature(frame);
        }
        return new RefusedException(parse(Refusal.class, frame));
    }

    /** The node's side of one handshake, of a pairing too. */
    public static final class NodeSide {
        private final String cluster;
        private final Signer node;
        private final List<Integer> versions;
        private final Messages.Hello hello;
        private final byte[] helloPayload;
        private byte[] transcript = {};
        private Grant grant;

        /**
         * @param nonce {@link #NONCE_BYTES} fresh random bytes
         * @param nowMs milliseconds of the epoch
         */
        public NodeSide(String cluster, Signer node, List<Integer> versions, byte[] nonce, long nowMs) {
            this.cluster = cluster;
            this.node = node;
            this.versions = List.copyOf(versions);
            this.hello = new Messages.Hello(
                    cluster,
                    node.id(),
                    Base64.getEncoder().encodeToString(node.publicKey()),
                    Base64.getEncoder().encodeToString(nonce),
                    versions,
                    nowMs);
            this.helloPayload = Json.write(Messages.Hello.class, hello).getBytes(StandardCharsets.UTF_8);
        }

        /** What is sent first. */
        public Frame hello() {
            return frame(FrameType.HELLO, helloPayload, new byte[0]);
        }

        byte[] helloPayload() {
            return helloPayload.clone();
        }

        Signer node() {
            return node;
        }

        String cluster() {
            return cluster;
        }

        List<Integer> versions() {
            return versions;
        }

        /**
         * Checks the answer of a device.
         *
         * @param grants the grant of a device, if it has one
         * @param nowMs milliseconds of the epoch
         * @return the grant of the device that proved its key
         * @throws RefusedException there is no session, for the reason in it
         */
        public Grant login(byte[] bytes, Function<String, Optional<Grant>> grants, long nowMs) {
            Frame frame = expect(bytes, FrameType.LOGIN);
            Messages.Login login = parse(Messages.Login.class, frame);
            checkAim(cluster, node.id(), login.cluster(), login.node());
            checkVersion(login.versions(), login.version());
            checkNonce(login.nonce());
            Grant known = grants.apply(login.device())
                    .orElseThrow(() -> new RefusedException(
                            Authority.refusal(Optional.empty(), Authority.Need.LOOK, Grant.ALL, nowMs)
                                    .orElseThrow()));
            transcript = Handshake.transcript(cluster, node.id(), node.id(), helloPayload, frame.payload());
            byte[] input = SigningInput.of(LOGIN).bytes(transcript).encoded();
            byte[] key = Base64Bytes.orNone(known.publicKey());
            if (!KeyId.of(key).equals(login.device())
                    || !Signatures.isSigned(known.algorithm(), key, input, frame.signature())) {
                throw SessionReader.badSignature(frame);
            }
            if (known.isOver(nowMs)) {
                throw new RefusedException(Authority.refusal(Optional.of(known), Authority.Need.LOOK, Grant.ALL, nowMs)
                        .orElseThrow());
            }
            grant = known;
            return known;
        }

        void checkVersion(List<Integer> theirs, int chosen) {
            int best = best(versions, theirs).orElseThrow(() -> noVersion(versions, theirs));
            if (chosen != best) {
                throw new RefusedException(
                        RefusalReason.VERSION,
                        "the device chose version " + chosen + " of the protocol, though both sides speak " + best,
                        "somebody between you and the node may want the older one: see the network");
            }
        }

        static void checkNonce(String nonce) {
            if (Base64Bytes.orNone(nonce).length != NONCE_BYTES) {
                throw new RefusedException(
                        RefusalReason.BAD_FRAME,
                        "the device's nonce has not " + NONCE_BYTES + " bytes",
                        "use a client of the node's version");
            }
        }

        /** What is sent last. Only after {@link #login}. */
        public Frame welcome(Messages.Welcome welcome) {
            byte[] payload = Json.write(Messages.Welcome.class, welcome).getBytes(StandardCharsets.UTF_8);
            byte[] input =
                    SigningInput.of(WELCOME).bytes(transcript).bytes(payload).encoded();
            return frame(FrameType.WELCOME, payload, node.sign(input));
        }

        /** What is sent instead. */
        public Frame refusal(Refusal refusal) {
            byte[] payload = Json.write(Refusal.class, refusal).getBytes(StandardCharsets.UTF_8);
            return frame(FrameType.REFUSED, payload, node.sign(refusedInput(node.id(), hello.nonce(), payload)));
        }

        /** The session. Only after {@link #login}. */
        public SessionKeys session() {
            return new SessionKeys(transcript, cluster, grant.device(), node.id());
        }
    }
}
