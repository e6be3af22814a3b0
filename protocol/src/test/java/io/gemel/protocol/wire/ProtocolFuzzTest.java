package io.gemel.protocol.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Whatever comes over the wire is taken or refused with a reason; nothing else is ever thrown. As tests these run on the
 * inputs that are kept; {@code JAZZER_FUZZ=1 ./mvnw test -pl protocol -Dtest=ProtocolFuzzTest#NAME} looks for new ones.
 */
class ProtocolFuzzTest {

    private static final SoftwareKey NODE = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private static final SoftwareKey DEVICE = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private static final byte[] NONCE = new byte[Handshake.NONCE_BYTES];

    private static void refusedAtMost(Runnable reader) {
        try {
            reader.run();
        } catch (RefusedException | WireException e) {
            // As it should.
        }
    }

    private static Optional<Grant> grant(String device) {
        return Optional.of(new Grant(
                device,
                "phone",
                KeyAlgorithm.ED25519,
                Base64.getEncoder().encodeToString(DEVICE.publicKey()),
                DeviceRole.ADMIN,
                List.of(Grant.ALL),
                Optional.empty()));
    }

    @FuzzTest(maxDuration = "10m")
    void frames(byte[] bytes) {
        SessionKeys keys = new SessionKeys(NONCE, NODE.id(), DEVICE.id(), NODE.id());
        refusedAtMost(
                () -> keys.fromDevice(KeyAlgorithm.ED25519, DEVICE.publicKey()).take(bytes));
        refusedAtMost(() -> keys.fromNode(NODE.publicKey()).take(bytes));
    }

    @FuzzTest(maxDuration = "10m")
    void handshakes(byte[] bytes) {
        Handshake.NodeSide node = new Handshake.NodeSide(NODE.id(), NODE, Handshake.VERSIONS, NONCE, 1);
        refusedAtMost(() -> node.login(bytes, ProtocolFuzzTest::grant, 1));
        refusedAtMost(() -> new Pairing.NodeSide(node, bytes));
        Handshake.DeviceSide device = new Handshake.DeviceSide(NODE.id(), NODE.id(), DEVICE, Handshake.VERSIONS, NONCE);
        refusedAtMost(() -> device.login(bytes, NODE.publicKey()));
    }

    @FuzzTest(maxDuration = "10m")
    void payloads(byte[] bytes) {
        String json = new String(bytes, StandardCharsets.UTF_8);
        for (Class<?> type : List.of(
                CommandEnvelope.class,
                Grants.class,
                SignedGrants.class,
                Statement.class,
                Messages.Request.class,
                Messages.Login.class,
                Messages.Pair.class,
                Messages.Subscribe.class)) {
            refusedAtMost(() -> Json.read(type, json));
        }
        refusedAtMost(() -> PairingOffer.ofText(json));
    }
}
