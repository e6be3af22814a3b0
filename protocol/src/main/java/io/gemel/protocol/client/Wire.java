package io.gemel.protocol.client;

import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.RefusedException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.ByteString;

/** One WebSocket to one node whose key is pinned: binary frames both ways, and one end with a reason. */
final class Wire {

    /** What comes; called one at a time. */
    interface Ears {
        /** A frame, not checked yet. A {@link RefusedException} ends the wire with that reason. */
        void heard(Wire from, byte[] frame);

        /** The wire ended; called once. */
        void ended(Wire from, RefusedException why);
    }

    private static final int CLOSE_POLICY = 1008;
    private static final int CLOSE_NORMAL = 1000;
    private static final long MOST_QUEUED_BYTES = 2L << 20;

    private final String node;
    private final PinnedKey pin;
    private final Ears ears;
    private final WebSocket socket;
    private final ScheduledFuture<?> late;
    private boolean ended;

    private Wire(Transport transport, String node, String address, long handshakeMs, Ears ears) {
        this.node = node;
        this.pin = new PinnedKey(node);
        this.ears = ears;
        Request request =
                new Request.Builder().url("https://" + address + "/v1/control").build();
        synchronized (this) {
            socket = pin.pinning(transport.http()).newWebSocket(request, new Listener());
            late = transport
                    .timer()
                    .schedule(
                            () -> end(unreachable("it did not answer within " + handshakeMs + " ms")),
                            handshakeMs,
                            TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Connects.
     *
     * @param handshakeMs it ends unless {@link #settled} is called within that time
     */
    static Wire open(Transport transport, String node, String address, long handshakeMs, Ears ears) {
        return new Wire(transport, node, address, handshakeMs, ears);
    }

    /** The key that the node proved. */
    byte[] tlsKey() {
        return pin.proven();
    }

    /** The handshake is over: there is no hurry any more. */
    void settled() {
        late.cancel(false);
    }

    /** Sends; a node that does not read is given up. */
    void send(Frame frame) {
        if (socket.queueSize() > MOST_QUEUED_BYTES || !socket.send(ByteString.of(frame.encoded()))) {
            end(unreachable("it does not read"));
        }
    }

    /** Ends it from this side; nothing is told. */
    void close() {
        synchronized (this) {
            ended = true;
        }
        late.cancel(false);
        socket.close(CLOSE_NORMAL, null);
        socket.cancel();
    }

    private void end(RefusedException why) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        late.cancel(false);
        socket.close(CLOSE_POLICY, null);
        socket.cancel();
        ears.ended(this, why);
    }

    private RefusedException unreachable(String why) {
        return new RefusedException(
                RefusalReason.UNREACHABLE, node + " cannot be reached: " + why, "see the network and the node");
    }

    private RefusedException reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PinnedKey.WrongKeyException wrong) {
                return new RefusedException(
                        RefusalReason.WRONG_NODE,
                        "whoever answers there has the key " + wrong.key() + ", not " + node,
                        "see the address; if the node was installed anew, pair again: gemel pair");
            }
        }
        return unreachable(failure.toString());
    }

    private final class Listener extends WebSocketListener {
        @Override
        public void onMessage(WebSocket from, ByteString bytes) {
            synchronized (Wire.this) {
                if (ended) {
                    return;
                }
            }
            try {
                ears.heard(Wire.this, bytes.toByteArray());
            } catch (RefusedException e) {
                end(e);
            } catch (RuntimeException e) {
                end(new RefusedException(
                        RefusalReason.BAD_FRAME, "what " + node + " said makes no sense: " + e.getMessage(), "update"));
            }
        }

        @Override
        public void onMessage(WebSocket from, String text) {
            end(new RefusedException(RefusalReason.BAD_FRAME, node + " sent text", "see the address"));
        }

        @Override
        public void onClosing(WebSocket from, int code, String reason) {
            end(unreachable("it ended the connection (" + code + ")"));
        }

        @Override
        public void onFailure(WebSocket from, Throwable failure, Response response) {
            end(response == null ? reason(failure) : unreachable("it answered with HTTP " + response.code()));
        }
    }
}
