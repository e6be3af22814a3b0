package io.gemel.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.RefusalReason;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handshake and frames, each attack with the reason that it gets. */
class SessionTest {

    private static final long NOW = 1_000_000;
    private static final String CLUSTER =
            SoftwareKey.generate(KeyAlgorithm.ED25519).id();

    private final SoftwareKey node = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey other = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private Optional<Long> expiresMs = Optional.empty();

    private static byte[] nonce(int seed) {
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        Arrays.fill(nonce, (byte) seed);
        return nonce;
    }

    private Handshake.NodeSide nodeSide(SoftwareKey key, int seed) {
        return new Handshake.NodeSide(CLUSTER, key, Handshake.VERSIONS, nonce(seed), NOW);
    }

    private Handshake.DeviceSide deviceSide(List<Integer> versions) {
        return new Handshake.DeviceSide(CLUSTER, node.id(), device, versions, nonce(2));
    }

    private Optional<Grant> grant(String id) {
        return id.equals(device.id())
                ? Optional.of(new Grant(
                        id,
                        "phone",
                        device.algorithm(),
                        Base64.getEncoder().encodeToString(device.publicKey()),
                        DeviceRole.CONTROL,
                        List.of("app"),
                        expiresMs))
                : Optional.empty();
    }

    private static Messages.Welcome welcome() {
        return new Messages.Welcome("shop", List.of(), DeviceRole.CONTROL, List.of("app"), NOW);
    }

    static void assertRefused(RefusalReason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.refusal().reason())
                                .as(e.refusal().what())
                                .isEqualTo(reason));
    }

    private record Session(SessionKeys node, SessionKeys device) {}

    private Session establish(int seed) {
        Handshake.NodeSide here = nodeSide(node, seed);
        Handshake.DeviceSide there = deviceSide(Handshake.VERSIONS);
        byte[] login = there.login(here.hello().encoded(), node.publicKey()).encoded();
        here.login(login, this::grant, NOW);
        assertThat(there.welcome(here.welcome(welcome()).encoded())).isEqualTo(welcome());
        return new Session(here.session(), there.session());
    }

    @ParameterizedTest
    @EnumSource(KeyAlgorithm.class)
    void bothSidesHaveTheSameSession(KeyAlgorithm algorithm) {
        device = SoftwareKey.generate(algorithm);
        Session session = establish(1);
        assertThat(session.node()).isEqualTo(session.device());
        Frame sent = session.device().deviceSender(device).next(FrameType.COMMAND, "{}");
        assertThat(session.node().fromDevice(algorithm, device.publicKey()).take(sent.encoded()))
                .isEqualTo(sent);
        assertThat(establish(9).node().id()).isNotEqualTo(session.node().id());
    }

    @Test
    void aRecordedLoginIsWorthNothingInAnotherConnection() {
        Handshake.DeviceSide there = deviceSide(Handshake.VERSIONS);
        byte[] login = there.login(nodeSide(node, 1).hello().encoded(), node.publicKey())
                .encoded();
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> nodeSide(node, 3).login(login, this::grant, NOW));
    }

    @Test
    void aLoginWithAShortNonceIsRefused() {
        Handshake.DeviceSide hasty = new Handshake.DeviceSide(
                CLUSTER, node.id(), device, Handshake.VERSIONS, new byte[Handshake.NONCE_BYTES - 1]);
        byte[] login = hasty.login(nodeSide(node, 1).hello().encoded(), node.publicKey())
                .encoded();
        assertRefused(RefusalReason.BAD_FRAME, () -> nodeSide(node, 1).login(login, this::grant, NOW));
    }

    @Test
    void aLongLoginIsRefusedForItsLengthBeforeItIsLookedAt() {
        Frame login =
                deviceSide(Handshake.VERSIONS).login(nodeSide(node, 1).hello().encoded(), node.publicKey());
        String padded =
                login.json().replaceFirst("\\{", "{\"more\":\"" + "x".repeat(Frame.MOST_HANDSHAKE_BYTES) + "\",");
        Frame longer = new Frame(
                FrameType.LOGIN, 0, padded.getBytes(java.nio.charset.StandardCharsets.UTF_8), login.signature());
        assertRefused(RefusalReason.BAD_FRAME, () -> nodeSide(node, 1).login(longer.encoded(), this::grant, NOW));
    }

    @Test
    void aLoginForAnotherNodeOrClusterIsToldSo() {
        byte[] login = deviceSide(Handshake.VERSIONS)
                .login(nodeSide(node, 1).hello().encoded(), node.publicKey())
                .encoded();
        assertRefused(RefusalReason.WRONG_NODE, () -> nodeSide(other, 1).login(login, this::grant, NOW));
        Handshake.NodeSide elsewhere = new Handshake.NodeSide(other.id(), node, Handshake.VERSIONS, nonce(1), NOW);
        assertRefused(RefusalReason.WRONG_CLUSTER, () -> elsewhere.login(login, this::grant, NOW));
        assertRefused(
                RefusalReason.WRONG_CLUSTER,
                () -> deviceSide(Handshake.VERSIONS).login(elsewhere.hello().encoded(), node.publicKey()));
    }

    @Test
    void anotherKeyThanThePinnedOneEndsItOnTheDevice() {
        assertRefused(
                RefusalReason.WRONG_NODE,
                () -> deviceSide(Handshake.VERSIONS)
                        .login(nodeSide(other, 1).hello().encoded(), other.publicKey()));
        // The right name said by somebody whose TLS key is another.
        assertRefused(
                RefusalReason.WRONG_NODE,
                () -> deviceSide(Handshake.VERSIONS)
                        .login(nodeSide(node, 1).hello().encoded(), other.publicKey()));
    }

    @Test
    void withoutAGrantOrAfterItNothingOpens() {
        byte[] login = deviceSide(Handshake.VERSIONS)
                .login(nodeSide(node, 1).hello().encoded(), node.publicKey())
                .encoded();
        assertRefused(RefusalReason.NO_GRANT, () -> nodeSide(node, 1).login(login, id -> Optional.empty(), NOW));
        expiresMs = Optional.of(NOW);
        assertRefused(RefusalReason.EXPIRED, () -> nodeSide(node, 1).login(login, this::grant, NOW));
        nodeSide(node, 1).login(login, this::grant, NOW - 1);
    }

    @Test
    void anOlderVersionIsNotTakenWhereBothSpeakANewerOne() {
        Handshake.NodeSide newer = new Handshake.NodeSide(CLUSTER, node, List.of(1, 2), nonce(1), NOW);
        // Somebody between them made the list of the node shorter.
        byte[] shortened = new Handshake.NodeSide(CLUSTER, node, List.of(1), nonce(1), NOW)
                .hello()
                .encoded();
        byte[] login =
                deviceSide(List.of(1, 2)).login(shortened, node.publicKey()).encoded();
        assertRefused(RefusalReason.VERSION, () -> newer.login(login, this::grant, NOW));
        // And the device's list too: what was signed is not what was sent.
        byte[] both = deviceSide(List.of(1)).login(shortened, node.publicKey()).encoded();
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> newer.login(both, this::grant, NOW));
        assertRefused(
                RefusalReason.VERSION,
                () -> deviceSide(List.of(7)).login(newer.hello().encoded(), node.publicKey()));
    }

    @Test
    void aWelcomeThatTheNodeDidNotSignIsNone() {
        Handshake.NodeSide here = nodeSide(node, 1);
        Handshake.DeviceSide there = deviceSide(Handshake.VERSIONS);
        here.login(there.login(here.hello().encoded(), node.publicKey()).encoded(), this::grant, NOW);
        byte[] welcome = here.welcome(welcome()).encoded();
        welcome[Frame.HEADER_BYTES + 20] ^= 1;
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> there.welcome(welcome));
    }

    @Test
    void aRefusalArrivesWithItsReason() {
        Handshake.NodeSide here = nodeSide(node, 1);
        Handshake.DeviceSide there = deviceSide(Handshake.VERSIONS);
        there.login(here.hello().encoded(), node.publicKey());
        RefusedException why = new RefusedException(RefusalReason.BUSY, "64 sessions", "later");
        byte[] refusal = here.refusal(why.refusal()).encoded();
        assertRefused(RefusalReason.BUSY, () -> there.welcome(refusal));
        byte[] recorded = nodeSide(node, 4).refusal(why.refusal()).encoded();
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> there.welcome(recorded));
    }

    @Test
    void aFrameIsTakenOnceInItsOrderAndInItsSession() {
        Session session = establish(1);
        SessionKeys.Sender sender = session.device().deviceSender(device);
        byte[] first = sender.next(FrameType.COMMAND, "{\"n\":1}").encoded();
        byte[] second = sender.next(FrameType.COMMAND, "{\"n\":2}").encoded();
        byte[] third = sender.next(FrameType.COMMAND, "{\"n\":3}").encoded();
        SessionKeys.Receiver receiver = session.node().fromDevice(device.algorithm(), device.publicKey());
        receiver.take(first);
        assertRefused(RefusalReason.BAD_SEQUENCE, () -> receiver.take(first));
        assertRefused(RefusalReason.BAD_SEQUENCE, () -> receiver.take(third));
        receiver.take(second);
        SessionKeys.Receiver elsewhere = establish(5).node().fromDevice(device.algorithm(), device.publicKey());
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> elsewhere.take(first));
    }

    @Test
    void aFrameIsNeverTakenBackByItsSender() {
        Session session = establish(1);
        byte[] said =
                session.node().nodeSender(node).next(FrameType.COMMAND, "{}").encoded();
        SessionKeys.Receiver receiver = session.node().fromDevice(device.algorithm(), node.publicKey());
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> receiver.take(said));
    }

    @Test
    void evenWhereOneKeyIsBothSidesDirectionsAreNotMixedUp() {
        SessionKeys both = new SessionKeys(nonce(1), CLUSTER, node.id(), node.id());
        Frame said = both.nodeSender(node).next(FrameType.ANSWER, "{}");
        assertRefused(
                RefusalReason.BAD_SIGNATURE,
                () -> both.fromDevice(KeyAlgorithm.ED25519, node.publicKey()).take(said.encoded()));
    }

    @Test
    void everyFlippedBitAndEveryMissingByteIsSeen() {
        Session session = establish(1);
        byte[] frame = session.device()
                .deviceSender(device)
                .next(FrameType.COMMAND, "{\"a\":1}")
                .encoded();
        SessionKeys.Receiver receiver = session.node().fromDevice(device.algorithm(), device.publicKey());
        for (int bit = 0; bit < frame.length * Byte.SIZE; bit++) {
            byte[] flipped = frame.clone();
            flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
            assertThatThrownBy(() -> receiver.take(flipped))
                    .as("bit %d", bit)
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            e -> assertThat(e.refusal().reason())
                                    .isIn(RefusalReason.BAD_FRAME, RefusalReason.BAD_SIGNATURE));
        }
        for (int length = 0; length < frame.length; length++) {
            byte[] cut = Arrays.copyOf(frame, length);
            assertRefused(RefusalReason.BAD_FRAME, () -> receiver.take(cut));
        }
        receiver.take(frame);
    }

    @Test
    void whatIsTooLongIsRefusedBeforeItIsRead() {
        assertRefused(
                RefusalReason.BAD_FRAME,
                () -> nodeSide(node, 1).login(new byte[Frame.MOST_HANDSHAKE_BYTES + 1], this::grant, NOW));
        assertThatThrownBy(() -> Frame.decode(new byte[Frame.MOST_BYTES + 1])).isInstanceOf(WireException.class);
        SessionKeys.Sender sender = establish(1).device().deviceSender(device);
        assertThatThrownBy(() -> sender.next(FrameType.COMMAND, "x".repeat(Frame.MOST_BYTES)))
                .isInstanceOf(WireException.class);
    }
}
