package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
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
        start(limits(5_000, 50, 10_000, 100_000));
        RawDevice there = raw().enter();
        there.send(there.frame(
                FrameType.SUBSCRIBE, Json.write(Messages.Subscribe.class, new Messages.Subscribe(List.of()))));
        for (int i = 0; i < 6; i++) {
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
        inside.send(new byte[ControlConnection.MOST_DEVICE_BYTES + 1]);
        assertThat(inside.closed().reason()).isEqualTo(RefusalReason.BAD_FRAME);
    }

    @Test
    void aCrowdThatOnlyConnectsLeavesTheNodeServing() throws Exception {
        start(limits(1_000, 10_000, 30_000, 100_000));
        RawDevice inside = raw().enter();
        int port = pair.n1.server.address().getPort();
        List<Socket> crowd = new ArrayList<>();
        long before = used();
        for (int i = 0; i < CROWD; i++) {
            try {
                crowd.add(new Socket(InetAddress.getLoopbackAddress(), port));
            } catch (IOException e) {
                continue; // Turned away is as good.
            }
            if (crowd.size() > 500) {
                crowd.removeFirst().close();
            }
            if (i % 1_000 == 0) {
                inside.send(inside.frame(
                        FrameType.REQUEST,
                        Json.write(Messages.Request.class, Requests.audit(Messages.Request.empty("a"), -1, 1))));
                assertThat(inside.answer().audit()).isPresent();
            }
        }
        assertThat(used() - before).as("bytes more of heap").isLessThan(64L << 20);
        for (Socket each : crowd) {
            each.close();
        }
        ControlPair.await("a new one comes in", () -> {
            try (RawDevice late = new RawDevice(pair, pair.n1, device)) {
                late.enter();
                return true;
            } catch (RuntimeException | AssertionError e) {
                return false;
            }
        });
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
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

    private String get(String path) throws Exception {
        X509TrustManager anybody = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String authType) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String authType) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(null, new TrustManager[] {anybody}, null);
        OkHttpClient http = new OkHttpClient.Builder()
                .sslSocketFactory(tls.getSocketFactory(), anybody)
                .hostnameVerifier((host, session) -> true)
                .build();
        Request request = new Request.Builder()
                .url("https://127.0.0.1:" + pair.n1.server.address().getPort() + path)
                .build();
        try (Response response = http.newCall(request).execute()) {
            return response.code() + " " + response.body().string();
        }
    }
}
