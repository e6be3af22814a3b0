package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Handshake;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.SoftwareKey;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.ByteString;

/** A device that sends what a test wants, right or wrong. */
final class RawDevice implements AutoCloseable {

    private static final byte[] END = {};

    private static final OkHttpClient HTTP = trusting();

    private final ControlPair.Node node;
    private final String cluster;
    private final SoftwareKey key;
    private final BlockingQueue<byte[]> heard = new LinkedBlockingQueue<>();
    private final WebSocket socket;
    private volatile boolean over;
    private SessionKeys keys;
    private SessionKeys.Sender sender;
    private SessionKeys.Receiver receiver;

    RawDevice(ControlPair pair, ControlPair.Node node, SoftwareKey key) {
        this(pair, node, key, HTTP);
    }

    /** One over sockets of a test's own. */
    RawDevice(ControlPair pair, ControlPair.Node node, SoftwareKey key, OkHttpClient http) {
        this.node = node;
        this.cluster = pair.root.id();
        this.key = key;
        socket = http.newWebSocket(
                new Request.Builder()
                        .url("https://127.0.0.1:" + node.server.address().getPort() + "/v1/control")
                        .build(),
                new Ears());
    }

    /** Takes whatever key the node shows: the protocol itself is what is tried. */
    static OkHttpClient trusting() {
        try {
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
            OkHttpClient client = new OkHttpClient.Builder()
                    .sslSocketFactory(tls.getSocketFactory(), anybody)
                    .hostnameVerifier((host, session) -> true)
                    .build();
            client.dispatcher().setMaxRequestsPerHost(256);
            client.dispatcher().setMaxRequests(256);
            return client;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** The next frame as it came; empty bytes when the connection ended. */
    byte[] next() {
        try {
            byte[] frame = heard.poll(ControlPair.PATIENCE_MS, TimeUnit.MILLISECONDS);
            assertThat(frame).as("a frame of %s", node.name).isNotNull();
            return frame;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether the connection ended. */
    boolean isOver() {
        return over;
    }

    /** How many frames came that nobody looked at. */
    int waiting() {
        return heard.size();
    }

    /** Wants to be shown everything that is there. */
    RawDevice subscribe() {
        send(frame(FrameType.SUBSCRIBE, Json.write(Messages.Subscribe.class, new Messages.Subscribe(List.of()))));
        return this;
    }

    void send(byte[] frame) {
        socket.send(ByteString.of(frame));
    }

    /** LOGIN for the HELLO that comes next, not sent. */
    byte[] login(Handshake.DeviceSide side) {
        return side.login(next(), node.key.publicKey()).encoded();
    }

    Handshake.DeviceSide side() {
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        return new Handshake.DeviceSide(cluster, node.key.keyHash(), key, Handshake.VERSIONS, nonce);
    }

    /** Logs in; a RefusedException when that is refused. */
    RawDevice enter() {
        Handshake.DeviceSide side = side();
        send(login(side));
        side.welcome(next());
        keys = side.session();
        sender = keys.deviceSender(key);
        receiver = keys.fromNode(node.key.publicKey());
        return this;
    }

    byte[] frame(FrameType type, String json) {
        return sender.next(type, json).encoded();
    }

    /** The next frame of the session that is of a type, proven to be the node's. */
    Frame next(FrameType type) {
        while (true) {
            byte[] bytes = next();
            assertThat(bytes).as("%s instead of the end", type).isNotEmpty();
            Frame frame = receiver.take(bytes);
            if (frame.type() == type) {
                return frame;
            }
        }
    }

    /** The last update of the command that was sent. */
    CommandUpdate end() {
        while (true) {
            CommandUpdate update =
                    Json.read(CommandUpdate.class, next(FrameType.UPDATE).json());
            if (update.isLast()) {
                return update;
            }
        }
    }

    Messages.Answer answer() {
        return Json.read(Messages.Answer.class, next(FrameType.ANSWER).json());
    }

    /** Why the session was closed. */
    Refusal closed() {
        Refusal why = Json.read(Refusal.class, next(FrameType.CLOSED).json());
        List<byte[]> rest = new ArrayList<>();
        byte[] last = next();
        while (last.length > 0) {
            rest.add(last);
            last = next();
        }
        assertThat(rest).as("nothing comes after CLOSED").isEmpty();
        return why;
    }

    @Override
    public void close() {
        socket.cancel();
    }

    private final class Ears extends WebSocketListener {
        @Override
        public void onMessage(WebSocket from, ByteString bytes) {
            heard.add(bytes.toByteArray());
        }

        @Override
        public void onClosing(WebSocket from, int code, String reason) {
            over = true;
            heard.add(END);
        }

        @Override
        public void onFailure(WebSocket from, Throwable failure, Response response) {
            over = true;
            heard.add(END);
        }
    }
}
