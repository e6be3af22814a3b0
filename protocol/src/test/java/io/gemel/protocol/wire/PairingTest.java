package io.gemel.protocol.wire;

import static io.gemel.protocol.wire.SessionTest.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.RefusalReason;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class PairingTest {

    private static final String SALT = Base64.getEncoder().encodeToString(new byte[Handshake.NONCE_BYTES]);
    private static final byte[] NONCE = new byte[Handshake.NONCE_BYTES];

    private final SoftwareKey root = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey node = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final Handshake.NodeSide shake =
            new Handshake.NodeSide(root.id(), node, Handshake.VERSIONS, new byte[Handshake.NONCE_BYTES], 1_000);

    private PairingOffer offer(int secret) {
        byte[] bytes = new byte[PairingOffer.SECRET_BYTES];
        Arrays.fill(bytes, (byte) secret);
        return new PairingOffer(
                root.id(),
                "shop é",
                5_000,
                "o1",
                Base64.getEncoder().encodeToString(bytes),
                List.of(
                        new Messages.NodeAddress(node.id(), "n1", List.of("10.0.0.1:9010", "[fd00::1]:9010")),
                        new Messages.NodeAddress(root.id(), "n2", List.of("10.0.0.2:9010"))));
    }

    private Pairing.DeviceSide deviceSide(PairingOffer offer, SoftwareKey key) {
        return new Pairing.DeviceSide(offer, node.id(), key, "phone of Ann", NONCE);
    }

    @Test
    void anOfferIsReadAsItWasShown() {
        String text = offer(7).text();
        assertThat(PairingOffer.ofText(text.substring(0, 30) + "\n  " + text.substring(30)))
                .isEqualTo(offer(7));
        for (String bad :
                List.of("", "gemel1.", "gemel2." + text, text.substring(0, text.length() - 3), text + "AAAA")) {
            assertThatThrownBy(() -> PairingOffer.ofText(bad)).isInstanceOf(WireException.class);
        }
    }

    @Test
    void bothSidesShowTheSameSixDigits() {
        Pairing.DeviceSide there = deviceSide(offer(7), device);
        Pairing.NodeSide here = new Pairing.NodeSide(
                shake, there.pair(shake.hello().encoded(), node.publicKey()).encoded());
        assertThat(here.offer()).isEqualTo("o1");
        assertThat(here.isProven(offer(7).secret())).isTrue();
        assertThat(here.isProven(offer(8).secret())).isFalse();
        Messages.PendingDevice pending = here.device(SALT);
        assertThat(pending.digits()).matches("[0-9]{6}");
        assertThat(pending.device()).isEqualTo(device.id());
        assertThat(pending.name()).isEqualTo("phone of Ann");
        assertThat(there.answered(here.answer(SALT).encoded())).isEqualTo(pending.digits());
        Messages.Paired paired = new Messages.Paired(DeviceRole.MONITOR, List.of("app"));
        assertThat(there.paired(here.paired(paired).encoded())).isEqualTo(paired);
    }

    @Test
    void anotherSaltOrKeyGivesOtherDigits() {
        Pairing.NodeSide here = new Pairing.NodeSide(
                shake,
                deviceSide(offer(7), device)
                        .pair(shake.hello().encoded(), node.publicKey())
                        .encoded());
        SoftwareKey thief = SoftwareKey.generate(KeyAlgorithm.ED25519);
        Pairing.NodeSide stolen = new Pairing.NodeSide(
                shake,
                deviceSide(offer(7), thief)
                        .pair(shake.hello().encoded(), node.publicKey())
                        .encoded());
        assertThat(here.device(SALT).digits()).isNotEqualTo(here.device("other").digits());
        assertThat(here.device(SALT).digits()).isNotEqualTo(stolen.device(SALT).digits());
    }

    @Test
    void aProofForOneKeyIsNoneForAnother() {
        Frame frame = deviceSide(offer(7), device).pair(shake.hello().encoded(), node.publicKey());
        Messages.Pair pair = Json.read(Messages.Pair.class, frame.json());
        SoftwareKey thief = SoftwareKey.generate(KeyAlgorithm.ED25519);
        String swapped =
                frame.json().replace(pair.publicKey(), Base64.getEncoder().encodeToString(thief.publicKey()));
        Frame changed = new Frame(FrameType.PAIR, 0, utf8(swapped), frame.signature());
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> new Pairing.NodeSide(shake, changed.encoded()));
    }

    @Test
    void aRecordedPairingIsWorthNothingInAnotherConnection() {
        byte[] frame = deviceSide(offer(7), device)
                .pair(shake.hello().encoded(), node.publicKey())
                .encoded();
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        nonce[0] = 1;
        Handshake.NodeSide later = new Handshake.NodeSide(root.id(), node, Handshake.VERSIONS, nonce, 1_000);
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> new Pairing.NodeSide(later, frame));
    }

    @Test
    void aNodeThatIsNotInTheOfferIsNotTold() {
        SoftwareKey stranger = SoftwareKey.generate(KeyAlgorithm.ED25519);
        Handshake.NodeSide theirs =
                new Handshake.NodeSide(root.id(), stranger, Handshake.VERSIONS, new byte[Handshake.NONCE_BYTES], 1);
        assertRefused(
                RefusalReason.WRONG_NODE,
                () -> deviceSide(offer(7), device).pair(theirs.hello().encoded(), stranger.publicKey()));
    }

    @Test
    void whatTheNodeDidNotSignIsNoAnswer() {
        Pairing.DeviceSide there = deviceSide(offer(7), device);
        Pairing.NodeSide here = new Pairing.NodeSide(
                shake, there.pair(shake.hello().encoded(), node.publicKey()).encoded());
        Frame genuine = here.answer(SALT);
        Frame changed = new Frame(FrameType.PAIR_ANSWER, 0, here.answer("other").payload(), genuine.signature());
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> there.answered(changed.encoded()));
        Frame paired = here.paired(new Messages.Paired(DeviceRole.MONITOR, List.of("app")));
        Frame more =
                new Frame(FrameType.PAIRED, 0, utf8(paired.json().replace("MONITOR", "ADMIN")), paired.signature());
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> there.paired(more.encoded()));
    }

    @Test
    void aNameThatWouldSpoilAScreenAndAShortNonceAreRefused() {
        for (String name : List.of("", " ", "two\nlines", "x".repeat(10_000 / 4))) {
            Pairing.DeviceSide named = new Pairing.DeviceSide(offer(7), node.id(), device, name, NONCE);
            byte[] frame = named.pair(shake.hello().encoded(), node.publicKey()).encoded();
            assertRefused(RefusalReason.BAD_FRAME, () -> new Pairing.NodeSide(shake, frame));
        }
        Pairing.DeviceSide hasty =
                new Pairing.DeviceSide(offer(7), node.id(), device, "phone", new byte[Handshake.NONCE_BYTES - 1]);
        byte[] frame = hasty.pair(shake.hello().encoded(), node.publicKey()).encoded();
        assertRefused(RefusalReason.BAD_FRAME, () -> new Pairing.NodeSide(shake, frame));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
