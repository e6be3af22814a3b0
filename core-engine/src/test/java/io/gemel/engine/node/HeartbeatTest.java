package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.LastRole;
import io.gemel.engine.cluster.PeerStatus;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.SignedDatagrams;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HeartbeatTest {

    private static final long DETECTION_MS = 600;

    @TempDir
    Path directory;

    /** A module whose link is as it is told, and that waits for the loss. */
    private record Linked(Supplier<OptionalLong> silence, CountDownLatch told) implements Heartbeat.Module {
        @Override
        public String name() {
            return "app";
        }

        @Override
        public PeerStatus status() {
            return new PeerStatus(
                    State.SECOND,
                    Readiness.READY,
                    "",
                    DataStatus.UP_TO_DATE,
                    LastRole.SECOND,
                    1,
                    1,
                    true,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    "",
                    "");
        }

        @Override
        public OptionalLong linkSilentMs() {
            return silence.get();
        }

        @Override
        public void heard(Optional<PeerStatus> status, boolean hearsUs) {
            throw new AssertionError("there is no network");
        }

        @Override
        public void lost(String reason) {
            told.countDown();
        }
    }

    private boolean isLost(Supplier<OptionalLong> silence, long withinMs) throws Exception {
        SignedDatagrams.Ends ends = new SignedDatagrams.Ends("test", "n1", "n2", "sha256:none");
        Linked module = new Linked(silence, new CountDownLatch(1));
        try (Heartbeat heartbeat =
                new Heartbeat(ends, NodeKey.loadOrCreate(directory.resolve("key")), List.of(), 1, DETECTION_MS)) {
            heartbeat.add(module);
            return module.told().await(withinMs, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void aLinkThatStandsButCarriesNothingIsNoSignOfLife() throws Exception {
        long begunNs = System.nanoTime();
        Supplier<OptionalLong> silent =
                () -> OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNs));
        assertThat(isLost(silent, 20_000)).isTrue();
        assertThat(System.nanoTime() - begunNs).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(DETECTION_MS));
    }

    @Test
    void aLinkThatCarriesSomethingIsASignOfLife() throws Exception {
        assertThat(isLost(() -> OptionalLong.of(DETECTION_MS / 6), 3 * DETECTION_MS))
                .isFalse();
    }
}
