package io.gemel.protocol.wire;

import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.RefusalReason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a new device shows that it read a {@link PairingOffer}, each side as a value without a socket.
 *
 * <ol>
 *   <li>Node: HELLO, see {@link Handshake}.
 *   <li>Device: PAIR. Its proof is HMAC-SHA256 with the offer's secret over: context, cluster id, node id, the name of
 *       the key that TLS proved, the payload of HELLO, and its own offer, nonce, algorithm, key and name. The frame is
 *       signed with the device's key over {@code (context, transcript)}, the transcript being the hash of the same and the whole
 *       payload of PAIR: who asks holds the key that he asks for.
 *   <li>Node: PAIR_ANSWER, signed, with a salt. Both sides show six digits of the hash of transcript and salt. The node
 *       draws the salt when it has the device's key: nobody can choose a key or a nonce to get digits that somebody
 *       else's screen shows.
 *   <li>Node: PAIRED, signed, when a person confirmed the digits and signed the grant; or a refusal.
 * </ol>
 *
 * <p>A server that is to become a node says JOIN instead of PAIR, with its node key in the place of the device's and its
 * addresses beside it, and hears JOINED instead of PAIRED. Offers for servers have ids of their own, see {@link
 * PairingOffer#isForNode}, so that neither can be taken for the other.
 */
public final class Pairing {

    /** Longest name of a device, in characters. */
    public static final int MOST_NAME = 64;

    /** How often a wrong secret may be tried at an offer. */
    public static final int MOST_WRONG_SECRETS = 5;

    private static final String PROOF = "gemel/1 proof of pairing";
    private static final String TRANSCRIPT = "gemel/1 pairing";
    private static final String DEVICE = "gemel/1 pairing of a device";
    private static final String ANSWER = "gemel/1 pairing answered";
    private static final String CONFIRMED = "gemel/1 pairing confirmed";
    private static final String NODE = "gemel/1 joining of a node";
    private static final String ADMITTED = "gemel/1 node joined";
    private static final String DIGITS = "gemel/1 digits of a pairing";
    private static final int DIGITS_MODULUS = 1_000_000;

    private Pairing() {}

    private static byte[] proof(String secret, String tlsKey, byte[] hello, Messages.Pair pair) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret), "HmacSHA256"));
            return mac.doFinal(SigningInput.of(PROOF)
                    .text(pair.cluster())
                    .text(pair.node())
                    .text(tlsKey)
                    .bytes(hello)
                    .text(pair.offer())
                    .text(pair.nonce())
                    .text(pair.algorithm().name())
                    .text(pair.publicKey())
                    .text(pair.name())
                    .encoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA256", e);
        }
    }

    private static byte[] transcript(String cluster, String node, String tlsKey, byte[] hello, byte[] pair) {
        return SigningInput.of(TRANSCRIPT)
                .text(cluster)
                .text(node)
                .text(tlsKey)
                .bytes(hello)
                .bytes(pair)
                .hash();
    }

    private static byte[] input(String context, byte[] transcript, byte[] payload) {
        return SigningInput.of(context).bytes(transcript).bytes(payload).encoded();
    }

    private static String digits(byte[] transcript, String salt) {
        byte[] hash = SigningInput.of(DIGITS).bytes(transcript).text(salt).hash();
        long number = Long.remainderUnsigned(ByteBuffer.wrap(hash).getLong(), DIGITS_MODULUS);
        return String.format(Locale.ROOT, "%06d", number);
    }

    /** The device's side of one pairing. */
    public static final class DeviceSide {
        private final PairingOffer offer;
        private final String node;
        private final Signer device;
        private final String name;
        private final byte[] nonce;
        private final List<Messages.NetworkAddress> addresses;
        private Messages.Hello hello;
        private byte[] nodeKey = {};
        private byte[] transcript = {};

        /**
         * A device, or, where the offer is for a server, one without addresses.
         *
         * @param node id of the node that is asked, one of the offer's
         * @param name what the device wants to be called
         * @param nonce {@link Handshake#NONCE_BYTES} fresh random bytes
         */
        public DeviceSide(PairingOffer offer, String node, Signer device, String name, byte[] nonce) {
            this(offer, node, device, name, nonce, List.of());
        }

        /**
         * As {@link #DeviceSide(PairingOffer, String, Signer, String, byte[])}.
         *
         * @param addresses of a server that wants to become a node
         */
        public DeviceSide(
                PairingOffer offer,
                String node,
                Signer device,
                String name,
                byte[] nonce,
                List<Messages.NetworkAddress> addresses) {
            this.addresses = List.copyOf(addresses);
            this.offer = offer;
            this.node = node;
            this.device = device;
            this.name = name;
            this.nonce = nonce.clone();
        }

        /** The answer to HELLO; a {@link RefusedException} when it is not a node of the offer. */
        public Frame pair(byte[] helloFrame, byte[] tlsKey) {
            Frame frame = Handshake.expect(helloFrame, FrameType.HELLO);
            hello = Handshake.parse(Messages.Hello.class, frame);
            Handshake.checkAim(hello.cluster(), KeyId.of(tlsKey), offer.cluster(), node);
            Handshake.checkAim(hello.cluster(), hello.node(), offer.cluster(), node);
            nodeKey = tlsKey.clone();
            Messages.Pair unproven = body("");
            byte[] proof = proof(offer.secret(), KeyId.of(tlsKey), frame.payload(), unproven);
            byte[] payload =
                    json(body(Base64.getEncoder().encodeToString(proof))).getBytes(StandardCharsets.UTF_8);
            transcript = Pairing.transcript(offer.cluster(), node, KeyId.of(tlsKey), frame.payload(), payload);
            byte[] signed = SigningInput.of(offer.isForNode() ? NODE : DEVICE)
                    .bytes(transcript)
                    .encoded();
            return Handshake.frame(offer.isForNode() ? FrameType.JOIN : FrameType.PAIR, payload, device.sign(signed));
        }

        private String json(Messages.Pair pair) {
            if (!offer.isForNode()) {
                return Json.write(Messages.Pair.class, pair);
            }
            return Json.write(
                    Messages.Join.class,
                    new Messages.Join(
                            pair.cluster(),
                            pair.node(),
                            pair.offer(),
                            pair.nonce(),
                            pair.versions(),
                            pair.algorithm(),
                            pair.publicKey(),
                            pair.name(),
                            pair.proof(),
                            addresses));
        }

        /** What the node's clock said, milliseconds of the epoch. Only after {@link #pair}. */
        public long nodeTimeMs() {
            return hello.timeMs();
        }

        private Messages.Pair body(String proof) {
            return new Messages.Pair(
                    offer.cluster(),
                    node,
                    offer.offer(),
                    Base64.getEncoder().encodeToString(nonce),
                    Handshake.VERSIONS,
                    device.algorithm(),
                    Base64.getEncoder().encodeToString(device.publicKey()),
                    name,
                    proof);
        }

        /** The six digits that the administrator must see too; a {@link RefusedException} as the node gave it. */
        public String answered(byte[] bytes) {
            Frame frame = signed(bytes, FrameType.PAIR_ANSWER, ANSWER);
            return digits(
                    transcript,
                    Handshake.parse(Messages.PairAnswer.class, frame).salt());
        }

        /** What was granted; a {@link RefusedException} as the node gave it. */
        public Messages.Paired paired(byte[] bytes) {
            return Handshake.parse(Messages.Paired.class, signed(bytes, FrameType.PAIRED, CONFIRMED));
        }

        /** What a new node needs; a {@link RefusedException} as the node gave it. */
        public Messages.Joined joined(byte[] bytes) {
            return Handshake.parse(Messages.Joined.class, signed(bytes, FrameType.JOINED, ADMITTED));
        }

        private Frame signed(byte[] bytes, FrameType type, String context) {
            Frame frame = Handshake.expect(bytes, type, FrameType.REFUSED);
            if (frame.type() == FrameType.REFUSED) {
                throw Handshake.refused(frame, hello, nodeKey);
            }
            byte[] input = input(context, transcript, frame.payload());
            if (!Signatures.isSigned(KeyAlgorithm.ED25519, nodeKey, input, frame.signature())) {
                throw SessionReader.badSignature(frame);
            }
            return frame;
        }
    }

    /** The node's side of one pairing, after HELLO was sent. */
    public static final class NodeSide {
        private final Handshake.NodeSide shake;
        private final Frame frame;
        private final Messages.Pair pair;
        private final byte[] transcript;

        /** Takes PAIR; a {@link RefusedException} when it is none for this node, or the device does not hold its key. */
        public NodeSide(Handshake.NodeSide shake, byte[] bytes) {
            this.shake = shake;
            frame = Handshake.expect(bytes, FrameType.PAIR, FrameType.JOIN);
            pair = Handshake.parse(Messages.Pair.class, frame);
            String node = shake.node().id();
            Handshake.checkAim(shake.cluster(), node, pair.cluster(), pair.node());
            if (Handshake.best(shake.versions(), pair.versions()).isEmpty()) {
                throw Handshake.noVersion(shake.versions(), pair.versions());
            }
            Handshake.NodeSide.checkNonce(pair.nonce());
            if (pair.name().isBlank()
                    || pair.name().length() > MOST_NAME
                    || pair.name().chars().anyMatch(Character::isISOControl)) {
                throw new RefusedException(
                        RefusalReason.BAD_FRAME,
                        "the device's name is empty, has control characters or more than " + MOST_NAME + " of others",
                        "choose another name");
            }
            transcript = Pairing.transcript(shake.cluster(), node, node, shake.helloPayload(), frame.payload());
            byte[] signed =
                    SigningInput.of(isNode() ? NODE : DEVICE).bytes(transcript).encoded();
            if (!Signatures.isSigned(pair.algorithm(), key(), signed, frame.signature())) {
                throw SessionReader.badSignature(frame);
            }
        }

        private byte[] key() {
            return Base64Bytes.orNone(pair.publicKey());
        }

        /** Whether it is a server that wants to become a node. */
        public boolean isNode() {
            return frame.type() == FrameType.JOIN;
        }

        /** Which offer. */
        public String offer() {
            return pair.offer();
        }

        /** Whether the device knows the secret, in a time that does not depend on how wrong it is. */
        public boolean isProven(String secret) {
            byte[] expected = proof(secret, shake.node().id(), shake.helloPayload(), pair);
            return MessageDigest.isEqual(expected, Base64Bytes.orNone(pair.proof()));
        }

        /** The device, with the digits that a salt gives. */
        public Messages.PendingDevice device(String salt) {
            return new Messages.PendingDevice(
                    digits(transcript, salt),
                    KeyId.of(key()),
                    pair.algorithm(),
                    pair.publicKey(),
                    pair.name(),
                    isNode()
                            ? Optional.of(
                                    Handshake.parse(Messages.Join.class, frame).addresses())
                            : Optional.empty());
        }

        /** The answer to a right secret. */
        public Frame answer(String salt) {
            return signed(
                    FrameType.PAIR_ANSWER,
                    ANSWER,
                    Json.write(Messages.PairAnswer.class, new Messages.PairAnswer(salt)));
        }

        /** What is sent when the grant was signed. */
        public Frame paired(Messages.Paired paired) {
            return signed(FrameType.PAIRED, CONFIRMED, Json.write(Messages.Paired.class, paired));
        }

        /** What a new node is sent when a person confirmed. */
        public Frame joined(Messages.Joined joined) {
            return signed(FrameType.JOINED, ADMITTED, Json.write(Messages.Joined.class, joined));
        }

        private Frame signed(FrameType type, String context, String json) {
            byte[] payload = json.getBytes(StandardCharsets.UTF_8);
            return Handshake.frame(type, payload, shake.node().sign(input(context, transcript, payload)));
        }
    }
}
