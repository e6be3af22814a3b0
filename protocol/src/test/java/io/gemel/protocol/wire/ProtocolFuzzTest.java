package io.gemel.protocol.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Whatever comes over the wire is taken or refused with a reason; nothing else is ever thrown. As tests these run on the
 * inputs that are kept; see docs/fuzzing.md for how to look for new ones.
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
                CommandUpdate.class,
                Grants.class,
                AuditEntry.class,
                Refusal.class,
                Messages.Request.class,
                Messages.Answer.class,
                Messages.Hello.class,
                Messages.Login.class,
                Messages.Welcome.class,
                Messages.Pair.class,
                Messages.Paired.class,
                Messages.Subscribe.class,
                Messages.Told.class)) {
            refusedAtMost(() -> readTwice(type, json));
        }
        refusedAtMost(() -> {
            SignedGrants version = Json.read(SignedGrants.class, json);
            version.isSigned(version.signer());
            version.grants();
        });
        refusedAtMost(() -> {
            Statement statement = Json.read(Statement.class, json);
            statement.isSigned(statement.node());
            refusedAtMost(statement::report);
            refusedAtMost(statement::event);
        });
        refusedAtMost(() -> PairingOffer.ofText(json));
    }

    /** What was read is written, and read again the same. */
    private static <T> void readTwice(Class<T> type, String json) {
        T value = Json.read(type, json);
        if (!Json.read(type, Json.write(type, value)).equals(value)) {
            throw new AssertionError(value + " is otherwise after it was written");
        }
    }
}
