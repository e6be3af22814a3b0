package io.gemel.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The bytes in {@code docs/protocol.md} are what this code makes; {@code target/vectors.txt} has them to be put there. */
class VectorsTest {

    private static final long TIME_MS = 1_700_000_000_000L;
    private static final Path DOCUMENT = Path.of("../docs/protocol.md");

    private final Map<String, String> vectors = new LinkedHashMap<>();
    private final SoftwareKey root = key(1);
    private final SoftwareKey node = key(2);
    private final SoftwareKey device = key(3);

    /** Draws the same octet again and again: RFC 8032 makes the key of it. */
    private static final class Octet extends SecureRandom {
        private static final long serialVersionUID = 1L;
        private final byte octet;

        Octet(int octet) {
            this.octet = (byte) octet;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            Arrays.fill(bytes, octet);
        }
    }

    private static SoftwareKey key(int seed) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, new Octet(seed));
            KeyPair pair = generator.generateKeyPair();
            Base64.Encoder base64 = Base64.getEncoder();
            return SoftwareKey.ofText(
                    "ED25519 " + base64.encodeToString(pair.getPublic().getEncoded()) + " "
                            + base64.encodeToString(pair.getPrivate().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] filled(int length, int octet) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) octet);
        return bytes;
    }

    private void add(String name, byte[] bytes) {
        vectors.put(name, Hex.of(bytes));
    }

    @Test
    void theDocumentHasTheBytesThatTheCodeMakes() throws Exception {
        add("root public key", root.publicKey());
        vectors.put("cluster id", root.id());
        add("node public key", node.publicKey());
        vectors.put("node id", node.id());
        vectors.put("node id, spoken", KeyId.spoken(node.id()));
        add("device public key", device.publicKey());
        vectors.put("device id", device.id());
        add(
                "signing input of \"c\", 0102, 3, octet 4",
                SigningInput.of("c").bytes(new byte[] {1, 2}).number(3).octet(4).encoded());
        session();
        pairing();
        documents();
        String text = vectors.entrySet().stream()
                .map(each -> each.getKey() + ":\n    " + each.getValue().replaceAll("(.{100})(?=.)", "$1\n    "))
                .collect(Collectors.joining("\n"));
        Files.createDirectories(Path.of("target"));
        Files.writeString(Path.of("target/vectors.txt"), text + "\n");
        assertThat(Files.readString(DOCUMENT)).contains("```\n" + text + "\n```");
    }

    private void session() {
        Handshake.NodeSide here =
                new Handshake.NodeSide(root.id(), node, Handshake.VERSIONS, filled(32, 0x11), TIME_MS);
        Handshake.DeviceSide there =
                new Handshake.DeviceSide(root.id(), node.id(), device, Handshake.VERSIONS, filled(32, 0x22));
        byte[] hello = here.hello().encoded();
        byte[] login = there.login(hello, node.publicKey()).encoded();
        here.login(login, id -> Optional.of(grant()), TIME_MS);
        Messages.Welcome welcome = new Messages.Welcome(
                "shop",
                List.of(new Messages.NodeAddress(node.id(), "n1", List.of("10.0.0.1:9010"))),
                DeviceRole.CONTROL,
                List.of("app"),
                TIME_MS + 43_200_000);
        byte[] welcomed = here.welcome(welcome).encoded();
        there.welcome(welcomed);
        add("HELLO", hello);
        add("LOGIN", login);
        add("WELCOME", welcomed);
        add("session id", there.session().id());
        add(
                "REFUSED",
                here.refusal(new RefusedException(RefusalReason.BUSY, "64 sessions", "later").refusal())
                        .encoded());
        CommandEnvelope envelope = new CommandEnvelope(
                new CommandRequest("c-1", Verb.SWAP, "app", "", false, "", false), TIME_MS + 28_000, 7);
        String json = Json.write(CommandEnvelope.class, envelope);
        add(
                "signing input of COMMAND 1",
                there.session().ofDevice(FrameType.COMMAND, 1, json.getBytes(StandardCharsets.UTF_8)));
        add(
                "COMMAND 1",
                there.session()
                        .deviceSender(device)
                        .next(FrameType.COMMAND, json)
                        .encoded());
    }

    private void pairing() {
        Handshake.NodeSide here =
                new Handshake.NodeSide(root.id(), node, Handshake.VERSIONS, filled(32, 0x11), TIME_MS);
        PairingOffer offer = new PairingOffer(
                root.id(),
                "shop",
                TIME_MS + 180_000,
                "o-1",
                Base64.getEncoder().encodeToString(filled(PairingOffer.SECRET_BYTES, 0x33)),
                List.of(new Messages.NodeAddress(node.id(), "n1", List.of("10.0.0.1:9010"))));
        vectors.put("pairing text", offer.text());
        Pairing.DeviceSide there = new Pairing.DeviceSide(offer, node.id(), device, "phone", filled(32, 0x44));
        byte[] pair = there.pair(here.hello().encoded(), node.publicKey()).encoded();
        add("PAIR", pair);
        Pairing.NodeSide asked = new Pairing.NodeSide(here, pair);
        assertThat(asked.isProven(offer.secret())).isTrue();
        String salt = Base64.getEncoder().encodeToString(filled(32, 0x55));
        byte[] answer = asked.answer(salt).encoded();
        add("PAIR_ANSWER", answer);
        vectors.put("six digits", there.answered(answer));
    }

    private Grant grant() {
        return new Grant(
                device.id(),
                "phone",
                KeyAlgorithm.ED25519,
                Base64.getEncoder().encodeToString(device.publicKey()),
                DeviceRole.CONTROL,
                List.of("app"),
                Optional.empty());
    }

    private void documents() {
        SignedGrants grants = SignedGrants.sign(new Grants(root.id(), 1, List.of(), TIME_MS, List.of(grant())), root);
        vectors.put("grants, signed", Json.write(SignedGrants.class, grants));
        vectors.put("hash of the grants", grants.hash());
        Statement event =
                Statement.of(root.id(), node, new LoggedEvent(5, TIME_MS, "n1", "app", EventKind.ROLE, "PRIM READY"));
        vectors.put("event, signed", Json.write(Statement.class, event));
        assertThat(event.isSigned(root.id())).isTrue();
    }
}
