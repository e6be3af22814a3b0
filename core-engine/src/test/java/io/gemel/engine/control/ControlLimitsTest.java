package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SoftwareKey;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many, slow and rude clients. */
@Timeout(180)
class ControlLimitsTest {

    private static final int CROWD = 10_000;

    @TempDir
    Path dir;

    private final SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final List<AutoCloseable> open = new ArrayList<>();
    private ControlPair pair;

    private void start(ControlSettings.Limits limits) {
        pair = new ControlPair(dir, limits);
        pair.n1.grant(ControlPair.grant(device, DeviceRole.ADMIN, Grant.ALL));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        pair.close();
    }

    private static ControlSettings.Limits limits(long handshakeMs, long pingMs, long pongMs, long sessionMs) {
        return new ControlSettings.Limits(handshakeMs, 64, 8, 128, pingMs, pongMs, sessionMs, 180_000, 0, 0);
    }

    private RawDevice raw() {
        RawDevice raw = new RawDevice(pair, pair.n1, device);
        open.add(raw);
        return raw;
    }

    @Test
    void sixtyFourSessionsAreServedAndOneMoreIsToldSo() {
        start(ControlPair.LIMITS);
        List<RawDevice> sessions = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            sessions.add(raw().enter());
        }
        assertThat(pair.n1.plane.sessions()).isEqualTo(64);
        RawDevice late = raw();
        assertThatThrownBy(late::enter)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.refusal().reason()).isEqualTo(RefusalReason.BUSY));
        for (RawDevice each : sessions) {
            each.send(each.frame(
                    FrameType.REQUEST,
                    Json.write(Messages.Request.class, Requests.audit(Messages.Request.empty("a"), -1, 1))));
            assertThat(each.answer().audit().orElseThrow()).hasSize(1);
        }
        sessions.getFirst().close();
        ControlPair.await("room", () -> pair.n1.plane.sessions() == 63);
        raw().enter();
    }

    @Test
    void anAddressHasEightConnectionsThatDidNotLogIn() {
        start(ControlPair.LIMITS);
        List<RawDevice> strangers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            RawDevice stranger = raw();
            assertThat(stranger.next()).isNotEmpty(); // HELLO
            strangers.add(stranger);
        }
        assertThat(raw().next()).as("the ninth").isEmpty();
        strangers.getFirst().close();
        ControlPair.await("room", () -> {
            try (RawDevice late = new RawDevice(pair, pair.n1, device)) {
                return late.next().length > 0;
            }
        });
    }

    @Test
    void aNodeHasOnlySoManyConnectionsThatDidNotLogIn() throws Exception {
        start(new ControlSettings.Limits(60_000, 64, 8, 6, 10_000, 30_000, 43_200_000, 180_000, 0, 0));
        try (Crowd crowd = new Crowd(
                pair.n1.server.address().getPort(), RawDevice.trusting().sslSocketFactory())) {
            for (int i = 1; i <= 7; i++) { // from two addresses
                crowd.add(i);
            }
            ControlPair.await("turned away", () -> !isGreeted());
        }
        ControlPair.await("room", this::isGreeted);
    }

    /** Whether one more gets in; it is gone then. */
    private boolean isGreeted() {
        try (RawDevice one = new RawDevice(pair, pair.n1, device)) {
            return one.next().length > 0;
        }
    }

    @Test
    void whoSaysHalfARequestIsLetGo() throws Exception {
        start(limits(3_000, 10_000, 30_000, 100_000));
        try (SSLSocket half = (SSLSocket) RawDevice.trusting()
                .sslSocketFactory()
                .createSocket("127.0.0.1", pair.n1.server.address().getPort())) {
            half.setSoTimeout((int) ControlPair.PATIENCE_MS);
            half.startHandshake();
            half.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost".getBytes(StandardCharsets.US_ASCII));
            assertThat(isEnded(half)).isTrue();
        }
    }

    private static boolean isEnded(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SSLException | SocketException e) {
            return true; // Ended without goodbye.
        }
    }

    @Test
    void afterAFailedAttemptTheNextOneOfThatAddressWaits() {
        start(new ControlSettings.Limits(5_000, 64, 8, 128, 10_000, 30_000, 43_200_000, 180_000, 700, 4_000));
        RawDevice wrong = raw();
        assertThat(wrong.next()).isNotEmpty();
        wrong.send(new byte[] {1, 2, 3});
        assertThat(Frame.decode(wrong.next()).type()).isEqualTo(FrameType.REFUSED);
        long beganNs = System.nanoTime();
        raw().enter();
        assertThat(Duration.ofNanos(System.nanoTime() - beganNs)).isGreaterThan(Duration.ofMillis(650));
    }

    @Test
    void whoSaysNothingIsLetGo() {
        start(limits(300, 10_000, 30_000, 100_000));
        RawDevice silent = raw();
        assertThat(Frame.decode(silent.next()).type()).isEqualTo(FrameType.HELLO);
        assertThat(Frame.decode(silent.next()).type()).isEqualTo(FrameType.REFUSED);
        assertThat(silent.next()).isEmpty();
        pair.n1.awaitRefusal(RefusalReason.SESSION_OVER);
    }

    @Test
    void aSessionHasALongestTime() {
        start(limits(5_000, 10_000, 30_000, 300));
        assertThat(raw().enter().closed().reason()).isEqualTo(RefusalReason.SESSION_OVER);
    }

    @Test
    void aClientThatAnswersPingsStays() {
        start(limits(5_000, 50, 2_500, 100_000));
        RawDevice there = raw().enter();
        there.subscribe();
        for (int i = 0; i < 14; i++) { // four every two seconds: for longer than it may be silent
            there.next(FrameType.STATEMENT);
        }
        assertThat(pair.n1.plane.sessions()).isEqualTo(1);
    }

    @Test
    void whatIsTooLongIsNotEvenRead() {
        start(ControlPair.LIMITS);
        RawDevice rude = raw();
        assertThat(rude.next()).isNotEmpty();
        rude.send(new byte[Frame.MOST_HANDSHAKE_BYTES + 1]);
        byte[] answer = rude.next();
        assertThat(answer.length == 0 || Frame.decode(answer).type() == FrameType.REFUSED)
                .isTrue();
        RawDevice inside = raw().enter();
        String question = Json.write(Messages.Request.class, Requests.audit(Messages.Request.empty("a"), -1, 1));
        String padded =
                question.replaceFirst("\\{", "{\"more\":\"" + "x".repeat(ControlConnection.MOST_DEVICE_BYTES) + "\",");
        inside.send(inside.frame(FrameType.REQUEST, padded));
        // Why need not arrive: the node closes while the rest is on its way.
        ControlPair.await("the session is over", () -> pair.n1.plane.sessions() == 0);
    }

    @Test
    void tenThousandHalfOpenAndSlowConnectionsLeaveTheNodeServingInBoundedMemory() throws Exception {
        start(limits(1_000, 10_000, 30_000, 100_000));
        RawDevice inside = raw().enter();
        Memory before = Memory.now();
        long longestNs = 0;
        try (Crowd crowd = new Crowd(
                pair.n1.server.address().getPort(), RawDevice.trusting().sslSocketFactory())) {
            int all = Crowd.most(CROWD);
            for (int i = 0; i < all; i++) {
                crowd.add(i);
                if (i % 100 == 0) {
                    long askedNs = System.nanoTime();
                    inside.send(inside.frame(
                            FrameType.REQUEST,
                            Json.write(Messages.Request.class, Requests.audit(Messages.Request.empty("a"), -1, 1))));
                    assertThat(inside.answer().audit()).isPresent();
                    longestNs = Math.max(longestNs, System.nanoTime() - askedNs);
                }
            }
            assertThat(crowd.size()).isEqualTo(all);
            assertThat(Duration.ofNanos(longestNs)).as("the longest answer").isLessThan(Duration.ofSeconds(5));
            Memory after = Memory.now();
            assertThat(after.heapBytes() - before.heapBytes())
                    .as("bytes more of heap")
                    .isLessThan(64L << 20);
            assertThat(after.directBytes() - before.directBytes())
                    .as("bytes more beside the heap")
                    .isLessThan(32L << 20);
            // Nobody of them has gone: the node has let go those that it had let in.
            ControlPair.await("no stranger but who asks", () -> metrics().contains("gemel_control_strangers 1"));
            ControlPair.await("a new one comes in", () -> {
                try (RawDevice late = new RawDevice(pair, pair.n1, device)) {
                    late.enter();
                    return true;
                } catch (RuntimeException | AssertionError e) {
                    return false;
                }
            });
        }
    }

    /** What this process, both nodes in it, has taken, after what is not needed was given back. */
    private record Memory(long heapBytes, long directBytes) {
        static Memory now() {
            System.gc();
            long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .mapToLong(BufferPoolMXBean::getMemoryUsed)
                    .sum();
            Runtime runtime = Runtime.getRuntime();
            return new Memory(
                    runtime.totalMemory() - runtime.freeMemory(), direct + PlatformDependent.usedDirectMemory());
        }
    }

    @Test
    void whoReadsNothingDoesNotKeepItsConnection() {
        start(limits(5_000, 100, 500, 100_000));
        Valve valve = new Valve();
        OkHttpClient http = RawDevice.trusting()
                .newBuilder()
                .socketFactory(valve)
                .readTimeout(Duration.ZERO) // so that it is not this side that ends it
                .writeTimeout(Duration.ZERO)
                .build();
        RawDevice deaf = new RawDevice(pair, pair.n1, device, http);
        open.add(deaf);
        deaf.enter().subscribe();
        deaf.next(FrameType.STATEMENT);
        valve.shut();
        String much = "x".repeat(100_000);
        for (int i = 1; i <= Outbox.MOST_EVENTS; i++) {
            pair.n1.plane.happened(new LoggedEvent(i, 1, "n1", "app", EventKind.NOTE, much));
        }
        ControlPair.await("the session ends", () -> pair.n1.plane.sessions() == 0);
        ControlPair.await("the connection ends though nobody reads", () -> {
            deaf.send(new byte[1]);
            return deaf.isOver();
        });
        valve.open();
    }

    @Test
    void whoComesMakesNoReportsForTheOthers() {
        start(ControlPair.LIMITS);
        RawDevice first = raw().enter().subscribe();
        for (int i = 0; i < 4; i++) { // of two modules and two nodes
            first.next(FrameType.STATEMENT);
        }
        long beganNs = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            raw().enter().subscribe().next(FrameType.STATEMENT);
        }
        long periods = 1 + Duration.ofNanos(System.nanoTime() - beganNs).toMillis() / ControlPlane.REPORT_MS;
        assertThat(first.waiting()).isLessThanOrEqualTo((int) (4 * periods));
    }

    @Test
    void metricsAndReadinessAreForAnybodyAndNothingElseIs() throws Exception {
        start(ControlPair.LIMITS);
        assertThat(get("/metrics")).startsWith("200").contains("gemel_module_service_up{module=\"app\"} 1");
        assertThat(get("/v1/modules/app/ready")).startsWith("200").contains("n1 is PRIM READY");
        assertThat(get("/v1/modules/none/ready")).startsWith("404");
        assertThat(get("/")).startsWith("404");
        assertThat(get("/v1/control")).startsWith("426");
    }

    private String metrics() {
        try {
            return get("/metrics");
        } catch (Exception e) {
            return ""; // Turned away: there are too many.
        }
    }

    private String get(String path) throws Exception {
        Request request = new Request.Builder()
                .url("https://127.0.0.1:" + pair.n1.server.address().getPort() + path)
                .build();
        try (Response response = RawDevice.trusting().newCall(request).execute()) {
            return response.code() + " " + response.body().string();
        }
    }
}
