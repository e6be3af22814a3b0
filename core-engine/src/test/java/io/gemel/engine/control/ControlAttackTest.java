package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Handshake;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.SoftwareKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is recorded, changed, late or made up: each is refused with its reason, is in the audit log, and changes nothing. */
@Timeout(120)
class ControlAttackTest {

    @TempDir
    Path dir;

    private final SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private ControlPair pair;

    @BeforeEach
    void open() {
        pair = new ControlPair(dir);
        pair.n1.grant(ControlPair.grant(device, DeviceRole.CONTROL, "app"));
        ControlPair.await(
                "the grants are on n2",
                () -> pair.n2.plane.permits().of(device.id()).isPresent());
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private String command(String id, String node, long inMs, long epoch) {
        CommandRequest request = new CommandRequest(id, Verb.SWAP, "app", node, false, "", false);
        return Json.write(CommandEnvelope.class, new CommandEnvelope(request, pair.clockMs.get() + inMs, epoch));
    }

    private RawDevice enter(ControlPair.Node node) {
        return new RawDevice(pair, node, device).enter();
    }

    private static void assertRefused(RefusalReason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.refusal().reason()).isEqualTo(reason));
    }

    private void assertCloses(ControlPair.Node node, RefusalReason reason, RawDevice raw, byte[] frame) {
        int before = pair.n1.service.commands.size();
        raw.send(frame);
        assertThat(raw.closed().reason()).isEqualTo(reason);
        node.awaitRefusal(reason);
        assertThat(pair.n1.service.commands).hasSize(before);
        ControlPair.await("the session is gone", () -> node.plane.sessions() == 0);
    }

    @Test
    void aFrameThatIsSentAgainClosesTheSession() {
        try (RawDevice raw = enter(pair.n1)) {
            byte[] frame = raw.frame(FrameType.COMMAND, command("c1", "", 10_000, 7));
            raw.send(frame);
            assertThat(raw.end().stage()).isEqualTo(CommandUpdate.Stage.DONE);
            assertCloses(pair.n1, RefusalReason.BAD_SEQUENCE, raw, frame);
        }
        assertThat(pair.n1.service.commands).hasSize(1);
    }

    @Test
    void framesInAnotherOrderCloseTheSession() {
        try (RawDevice raw = enter(pair.n1)) {
            raw.frame(FrameType.COMMAND, command("c1", "", 10_000, 7));
            byte[] second = raw.frame(FrameType.COMMAND, command("c2", "", 10_000, 7));
            assertCloses(pair.n1, RefusalReason.BAD_SEQUENCE, raw, second);
        }
    }

    @Test
    void aCutFrameClosesTheSession() {
        try (RawDevice raw = enter(pair.n1)) {
            byte[] frame = raw.frame(FrameType.COMMAND, command("c1", "", 10_000, 7));
            assertCloses(pair.n1, RefusalReason.BAD_FRAME, raw, Arrays.copyOf(frame, frame.length - 1));
        }
    }

    @Test
    void aFlippedBitClosesTheSession() {
        try (RawDevice raw = enter(pair.n1)) {
            byte[] frame = raw.frame(FrameType.COMMAND, command("c1", "", 10_000, 7));
            frame[frame.length / 2] ^= 4;
            assertCloses(pair.n1, RefusalReason.BAD_SIGNATURE, raw, frame);
        }
    }

    @Test
    void whatWasRecordedIsWorthNothingInAnotherSessionOrAtTheOtherNode() {
        byte[] frame;
        try (RawDevice raw = enter(pair.n1)) {
            frame = raw.frame(FrameType.COMMAND, command("c1", "", 10_000, 7));
        }
        ControlPair.await("gone", () -> pair.n1.plane.sessions() == 0);
        for (ControlPair.Node node : List.of(pair.n1, pair.n2)) {
            try (RawDevice raw = enter(node)) {
                assertCloses(node, RefusalReason.BAD_SIGNATURE, raw, frame);
            }
        }
    }

    @Test
    void aRecordedLoginOpensNothing() {
        byte[] recorded;
        try (RawDevice raw = new RawDevice(pair, pair.n1, device)) {
            recorded = raw.login(raw.side());
        }
        try (RawDevice raw = new RawDevice(pair, pair.n1, device)) {
            Handshake.DeviceSide side = raw.side();
            raw.login(side);
            raw.send(recorded);
            assertRefused(RefusalReason.BAD_SIGNATURE, () -> side.welcome(raw.next()));
        }
        pair.n1.awaitRefusal(RefusalReason.BAD_SIGNATURE);
        try (RawDevice raw = new RawDevice(pair, pair.n2, device)) {
            Handshake.DeviceSide side = raw.side();
            raw.login(side);
            raw.send(recorded);
            assertRefused(RefusalReason.WRONG_NODE, () -> side.welcome(raw.next()));
        }
        pair.n2.awaitRefusal(RefusalReason.WRONG_NODE);
    }

    @Test
    void aDowngradeOrAnotherClusterOpensNothing() {
        for (RefusalReason reason : List.of(RefusalReason.VERSION, RefusalReason.WRONG_CLUSTER)) {
            try (RawDevice raw = new RawDevice(pair, pair.n1, device)) {
                Handshake.DeviceSide side = raw.side();
                Frame login = Frame.decode(raw.login(side));
                String json = reason == RefusalReason.VERSION
                        ? login.json().replace("\"versions\":[1]", "\"versions\":[0]")
                        : login.json().replace(pair.root.id(), device.id());
                raw.send(new Frame(FrameType.LOGIN, 0, json.getBytes(StandardCharsets.UTF_8), login.signature())
                        .encoded());
                assertRefused(reason, () -> side.welcome(raw.next()));
            }
            pair.n1.awaitRefusal(reason);
        }
    }

    private void assertCommandRefused(RefusalReason reason, ControlPair.Node at, ControlPair.Node by, String command) {
        int before = pair.n1.service.commands.size() + pair.n2.service.commands.size();
        try (RawDevice raw = enter(at)) {
            raw.send(raw.frame(FrameType.COMMAND, command));
            assertThat(raw.end().refused()).contains(reason);
        }
        by.awaitRefusal(reason);
        assertThat(pair.n1.service.commands.size() + pair.n2.service.commands.size())
                .isEqualTo(before);
    }

    @Test
    void anOldCommandIsRefusedAndOneThatWouldCountForLongToo() {
        assertCommandRefused(RefusalReason.TOO_OLD, pair.n1, pair.n1, command("c1", "n1", -1, 7));
        assertCommandRefused(RefusalReason.TOO_OLD, pair.n1, pair.n1, command("c2", "n1", 60_000, 7));
        try (RawDevice raw = enter(pair.n1)) {
            byte[] frame = raw.frame(FrameType.COMMAND, command("c3", "n1", 30_000, 7));
            pair.clockMs.addAndGet(30_001);
            raw.send(frame);
            assertThat(raw.end().refused()).contains(RefusalReason.TOO_OLD);
        }
    }

    @Test
    void aStaleScreenCommandsNothing() {
        assertCommandRefused(RefusalReason.MOVED_ON, pair.n1, pair.n1, command("c1", "", 10_000, 6));
        // Through the other node: the one that carries it out decides.
        assertCommandRefused(RefusalReason.MOVED_ON, pair.n2, pair.n1, command("c2", "", 10_000, 8));
        pair.n1.service.epochs.put("app", 8L);
        assertCommandRefused(RefusalReason.MOVED_ON, pair.n1, pair.n1, command("c3", "", 10_000, 7));
    }

    @Test
    void aCommandCannotTakeTheNameOfAnother() {
        assertCommandRefused(RefusalReason.BAD_FRAME, pair.n1, pair.n1, command("a/b", "n1", 10_000, 7));
        assertCommandRefused(RefusalReason.BAD_FRAME, pair.n1, pair.n1, command("", "n1", 10_000, 7));
        assertCommandRefused(RefusalReason.BAD_FRAME, pair.n1, pair.n1, command("c".repeat(65), "n1", 10_000, 7));
    }

    @Test
    void aSwapSentTwiceRunsOnceAndTheSecondHearsOfTheFirst() {
        String command = command("c1", "", 10_000, 7);
        for (ControlPair.Node node : List.of(pair.n1, pair.n2, pair.n1)) {
            try (RawDevice raw = enter(node)) {
                raw.send(raw.frame(FrameType.COMMAND, command));
                assertThat(raw.end().text()).isEqualTo("done");
            }
            pair.n1.service.epochs.put("app", 8L); // It moved; whoever repeats asks what became of the first.
        }
        assertThat(pair.n1.service.commands).hasSize(1);
        assertThat(pair.n2.service.commands).isEmpty();
    }

    @Test
    void whatANodeMakesUpIsRefusedByTheOther() {
        RawDevice raw = enter(pair.n1);
        byte[] genuine = raw.frame(FrameType.COMMAND, command("c1", "n2", 10_000, 7));
        raw.close();
        Base64.Encoder base64 = Base64.getEncoder();
        // In a session of the node's own invention, and with changed bytes.
        byte[] invented = new byte[Handshake.NONCE_BYTES];
        pair.n2.plane.peerSaid(PeerNote.of(new PeerNote.Relayed(
                        "r1", device.id(), base64.encodeToString(invented), base64.encodeToString(genuine)))
                .json());
        pair.n2.awaitRefusal(RefusalReason.BAD_SIGNATURE);
        pair.n2.plane.peerSaid("{\"statement\":{\"kind\":\"REPORT\",\"node\":\"" + pair.n1.key.keyHash()
                + "\",\"publicKey\":\"" + base64.encodeToString(pair.n1.key.publicKey())
                + "\",\"document\":\"{}\",\"signature\":\"" + base64.encodeToString(new byte[64]) + "\"}}");
        ControlPair.await(
                "logged",
                () -> pair.n2.audit().stream().anyMatch(entry -> entry.text().contains("did not sign")));
        assertThat(pair.n2.service.commands).isEmpty();
    }

    /** The other node was broken into: it passes on what a device did sign, but may not, or meant for that node alone. */
    @Test
    void whatANodePassesOnIsAskedForItsRoleAndItsNodeAgain() {
        SoftwareKey looker = SoftwareKey.generate(KeyAlgorithm.ED25519);
        pair.n2.grant(
                ControlPair.grant(device, DeviceRole.CONTROL, "app"),
                ControlPair.grant(looker, DeviceRole.MONITOR, "app"));
        passOn(looker, command("c1", "n2", 10_000, 7));
        pair.n2.awaitRefusal(RefusalReason.ROLE);
        passOn(device, command("c2", "n1", 10_000, 7));
        pair.n2.awaitRefusal(RefusalReason.WRONG_NODE);
        assertThat(pair.n2.service.commands).isEmpty();
        passOn(device, command("c3", "n2", 10_000, 7));
        ControlPair.await("run", () -> pair.n2.service.commands.size() == 1);
    }

    private void passOn(SoftwareKey key, String command) {
        Base64.Encoder base64 = Base64.getEncoder();
        byte[] id = new byte[Handshake.NONCE_BYTES];
        SessionKeys session = new SessionKeys(id, pair.root.id(), key.id(), pair.n1.key.keyHash());
        byte[] frame =
                session.deviceSender(key).next(FrameType.COMMAND, command).encoded();
        pair.n2.plane.peerSaid(PeerNote.of(
                        new PeerNote.Relayed("r", key.id(), base64.encodeToString(id), base64.encodeToString(frame)))
                .json());
    }

    @Test
    void aCommandForANodeOutOfReachIsNotKept() {
        pair.cut();
        assertCommandRefused(RefusalReason.UNREACHABLE, pair.n1, pair.n1, command("c1", "n2", 10_000, 7));
        pair.link();
        try (RawDevice raw = enter(pair.n1)) {
            raw.send(raw.frame(FrameType.COMMAND, command("c2", "n2", 10_000, 7)));
            assertThat(raw.end().stage()).isEqualTo(CommandUpdate.Stage.DONE);
        }
        assertThat(pair.n2.service.commands).extracting(CommandRequest::id).containsExactly(device.id() + "/c2");
    }

    @Test
    void revokingClosesTheSessionsOnBothNodesWithinASecond() {
        try (RawDevice one = enter(pair.n1);
                RawDevice two = enter(pair.n2)) {
            long beganNs = System.nanoTime();
            pair.n1.grant();
            assertThat(one.closed().reason()).isEqualTo(RefusalReason.NO_GRANT);
            assertThat(two.closed().reason()).isEqualTo(RefusalReason.NO_GRANT);
            assertThat((System.nanoTime() - beganNs) / 1_000_000).isLessThan(1_000);
        }
        assertThat(pair.n1.plane.sessions() + pair.n2.plane.sessions()).isZero();
    }

    @Test
    void aNodeThatWasAwayRefusesTheRevokedFromWhenItIsBack() {
        pair.cut();
        pair.n1.grant();
        try (RawDevice still = enter(pair.n2)) {
            pair.link();
            assertThat(still.closed().reason()).isEqualTo(RefusalReason.NO_GRANT);
        }
        try (RawDevice raw = new RawDevice(pair, pair.n2, device)) {
            assertRefused(RefusalReason.NO_GRANT, raw::enter);
        }
        pair.n2.stop();
        pair.n2.start(); // Over a restart too, without its peer.
        try (RawDevice raw = new RawDevice(pair, pair.n2, device)) {
            assertRefused(RefusalReason.NO_GRANT, raw::enter);
        }
    }

    @Test
    void aGrantThatRunsOutClosesTheSession() {
        long untilMs = pair.clockMs.get() + 5_000;
        pair.n1.grant(ControlPair.grant(device, DeviceRole.CONTROL, Optional.of(untilMs), Grant.ALL));
        try (RawDevice raw = enter(pair.n1)) {
            pair.clockMs.set(untilMs);
            assertThat(raw.closed().reason()).isEqualTo(RefusalReason.EXPIRED);
        }
    }
}
