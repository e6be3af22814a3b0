package io.gemel.engine.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private static final long DETECTION_MS = 3_000;

    private final Membership own = new Membership(7, DETECTION_MS, 0);
    private final Membership peer = new Membership(9, DETECTION_MS, 0);

    private boolean exchange(long nowMs) {
        peer.take(nowMs, "lan", own.next(nowMs, Map.of()));
        return own.take(nowMs, "lan", peer.next(nowMs, Map.of()));
    }

    @Test
    void aPeerIsLostAfterTheDetectionTimeAndNotBefore() {
        assertThat(exchange(0)).isTrue();
        for (long nowMs = 500; nowMs < DETECTION_MS; nowMs += 500) {
            assertThat(own.isLost(nowMs)).isFalse();
        }
        assertThat(own.isLost(DETECTION_MS)).isTrue();
        assertThat(exchange(DETECTION_MS)).isTrue();
        assertThat(own.isLost(DETECTION_MS)).isFalse();
    }

    @Test
    void aHeartbeatThatComesAgainOrLateIsNotBelieved() {
        exchange(0);
        Beat first = peer.next(10, Map.of());
        Beat second = peer.next(20, Map.of());
        assertThat(own.take(20, "lan", second)).isTrue();
        assertThat(own.take(30, "lan", first)).isFalse();
        assertThat(own.take(30, "lan", second)).isFalse();
        assertThat(own.isLost(20 + DETECTION_MS - 1)).isFalse();
    }

    @Test
    void whatWasSaidToAnEarlierEngineIsNotBelieved() {
        exchange(0);
        Beat recorded = peer.next(10, Map.of());
        Membership restarted = new Membership(8, DETECTION_MS, 20);
        assertThat(restarted.take(20, "lan", recorded)).isFalse();
        for (long nowMs = 500; nowMs < DETECTION_MS; nowMs += 500) {
            restarted.isLost(nowMs);
        }
        assertThat(restarted.isLost(20 + DETECTION_MS))
                .as("it was no sign of life")
                .isTrue();
    }

    @Test
    void aNetworkThatPassesOneWayOnlyIsHeardOnceTheEnginesMetOverALink() {
        Membership restarted = new Membership(8, DETECTION_MS, 0);
        peer.met(8);
        restarted.met(9);
        assertThat(restarted.take(0, "lan", peer.next(0, Map.of()))).isTrue();
        assertThat(restarted.peerHearsUs()).isFalse();
    }

    @Test
    void timeThatWasNotNoticedIsNotSilence() {
        exchange(0);
        own.isLost(400);
        assertThat(own.isLost(10_000)).as("nothing was read for 9.6 s").isFalse();
        assertThat(own.isLost(10_500)).isFalse();
        assertThat(own.isLost(11_000)).isFalse();
        long nowMs = 11_000;
        while (!own.isLost(nowMs += 500)) {
            assertThat(nowMs).isLessThan(14_000);
        }
    }

    @Test
    void aSignOverTheLinkCountsFromWhenItCameAndAnOlderOneChangesNothing() {
        exchange(0);
        own.sign(400);
        own.sign(200);
        for (long nowMs = 500; nowMs < DETECTION_MS; nowMs += 500) {
            assertThat(own.isLost(nowMs)).isFalse();
        }
        assertThat(own.isLost(DETECTION_MS)).isFalse();
        assertThat(own.silenceLeftMs(DETECTION_MS)).isEqualTo(400);
        assertThat(own.isLost(DETECTION_MS + 400)).isTrue();
    }

    @Test
    void aBeatIsReadBackAsItWasAndGarbageIsNot() {
        PeerStatus status = new PeerStatus(
                State.PRIM,
                Readiness.TRANSIENT,
                "",
                DataStatus.UP_TO_DATE,
                LastRole.PRIM,
                -5,
                6,
                true,
                0,
                0,
                0,
                0,
                7,
                8,
                "",
                "");
        Beat beat = new Beat(1, 2, 3, true, Map.of("app", status));
        byte[] bytes = BeatFormat.encode(beat);
        assertThat(BeatFormat.decode(bytes)).contains(beat);
        for (int length = 0; length < bytes.length; length++) {
            assertThat(BeatFormat.decode(Arrays.copyOf(bytes, length))).isEmpty();
        }
        bytes[0] = 99;
        assertThat(BeatFormat.decode(bytes)).isEmpty();
    }
}
