package io.gemel.engine.control;

import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Handshake;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Pairing;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.Statement;
import io.gemel.protocol.wire.WireException;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One WebSocket of a client: handshake or pairing, then frames both ways. All of it runs in the channel's own thread. */
final class ControlConnection extends SimpleChannelInboundHandler<WebSocketFrame> {

    /** Longest frame of a device. */
    static final int MOST_DEVICE_BYTES = 256 << 10;

    private static final int MOST_UNANSWERED = 64;
    /** How long a client may take to read why its session ends. */
    private static final long FAREWELL_MS = 2_000;

    private static final long MOST_QUEUED_BYTES = 2L << 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final ControlPlane plane;
    private final Strangers strangers;
    private final InetAddress from;
    private final ControlSettings settings;
    private final Handshake.NodeSide shake;
    private final Outbox outbox = new Outbox();
    private final AtomicInteger unanswered = new AtomicInteger();
    private ChannelHandlerContext context;
    private long heardNs = System.nanoTime();
    private boolean greeted;
    private boolean isStranger = true;
    private boolean pairs;
    private boolean over;
    private boolean subscribed;
    private Guest guest;
    private SessionKeys.Sender sender;
    private SessionKeys.Receiver receiver;

    ControlConnection(ControlPlane plane, Strangers strangers, InetAddress from) {
        super(WebSocketFrame.class);
        this.plane = plane;
        this.strangers = strangers;
        this.from = from;
        this.settings = plane.settings();
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        this.shake = new Handshake.NodeSide(
                settings.cluster(),
                settings.key(),
                Handshake.VERSIONS,
                nonce,
                plane.clock().wallMs());
    }

    /** The WebSocket stands: HELLO goes out, at once or, after failed attempts from there, later. */
    void begin(ChannelHandlerContext at) {
        context = at;
        later(strangers.delayMs(from, System.nanoTime()), () -> {
            greeted = true;
            send(shake.hello());
            later(settings.limits().handshakeMs(), () -> {
                if (guest == null && !pairs) {
                    refuse(
                            new Refusal(RefusalReason.SESSION_OVER, "nobody logged in in time", "connect again"),
                            Optional.empty());
                }
            });
        });
    }

    private void later(long afterMs, Runnable task) {
        var _ = context.executor()
                .schedule(
                        () -> {
                            if (!over) {
                                task.run();
                            }
                        },
                        afterMs,
                        TimeUnit.MILLISECONDS);
    }

    private void inLoop(Runnable task) {
        context.executor().execute(() -> {
            if (!over) {
                task.run();
            }
        });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext at, WebSocketFrame message) {
        if (over) {
            return;
        }
        switch (message) {
            case PongWebSocketFrame _ -> heardNs = System.nanoTime();
            case PingWebSocketFrame ping -> {
                if (!overflows()) {
                    var _ = at.writeAndFlush(
                            new PongWebSocketFrame(ping.content().retain()));
                }
            }
            case CloseWebSocketFrame _ -> {
                var _ = at.close();
            }
            case BinaryWebSocketFrame binary
            when binary.isFinalFragment() -> take(ByteBufUtil.getBytes(binary.content()));
            default ->
                refuse(
                        new Refusal(
                                RefusalReason.BAD_FRAME, "a message that is not one binary frame", "see the document"),
                        Optional.empty());
        }
    }

    private void take(byte[] bytes) {
        try {
            if (guest != null) {
                frame(receiver.take(bytes));
            } else if (!greeted || pairs) {
                throw new RefusedException(RefusalReason.BAD_FRAME, "nothing is due from this side now", "wait");
            } else {
                handshake(bytes);
            }
        } catch (RefusedException e) {
            refuse(e.refusal(), Optional.of(bytes));
        } catch (WireException e) {
            refuse(
                    new Refusal(RefusalReason.BAD_FRAME, e.getMessage(), "use a client of the node's version"),
                    Optional.of(bytes));
        }
    }

    private void handshake(byte[] bytes) {
        FrameType type = Frame.decode(bytes).type();
        if (type == FrameType.PAIR || type == FrameType.JOIN) {
            pairs = true;
            if (!plane.pair(new Pairing.NodeSide(shake, bytes), new Applicant(), from.getHostAddress())) {
                throw busy();
            }
            return;
        }
        long nowMs = plane.clock().wallMs();
        Grant grant = shake.login(bytes, plane.permits()::of, nowMs);
        SessionKeys session = shake.session();
        Guest present = new Present(grant.device(), session);
        plane.admit(present, from.getHostAddress());
        guest = present;
        sender = session.nodeSender(settings.key());
        byte[] key = Base64.getDecoder().decode(grant.publicKey());
        receiver = session.fromDevice(grant.algorithm(), key);
        strangers.succeeded(from);
        settled();
        WebSocketDecoderConfig longer = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(MOST_DEVICE_BYTES)
                .allowExtensions(false)
                .closeOnProtocolViolation(false) // the connection says why, and closes
                .build();
        context.pipeline().replace(WebSocketFrameDecoder.class, "wsdecoder", new WebSocket13FrameDecoder(longer));
        long endsMs = nowMs + settings.limits().sessionMs();
        send(shake.welcome(
                new Messages.Welcome(settings.clusterName(), settings.nodes(), grant.role(), grant.modules(), endsMs)));
        heardNs = System.nanoTime();
        ping();
        later(
                settings.limits().sessionMs(),
                () -> refuse(
                        new Refusal(
                                RefusalReason.SESSION_OVER,
                                "the session has lasted as long as one may",
                                "log in again"),
                        Optional.empty()));
    }

    private void ping() {
        later(settings.limits().pingMs(), () -> {
            if (System.nanoTime() - heardNs
                    > TimeUnit.MILLISECONDS.toNanos(settings.limits().pongMs())) {
                refuse(
                        new Refusal(RefusalReason.SESSION_OVER, "the client gave no sign", "connect again"),
                        Optional.empty());
                return;
            }
            var _ = context.writeAndFlush(new PingWebSocketFrame());
            ping();
        });
    }

    private static RefusedException busy() {
        return new RefusedException(RefusalReason.BUSY, "this node has too much to do", "wait a moment");
    }

    private void frame(Frame frame) {
        boolean taken = switch (frame.type()) {
            case SUBSCRIBE -> subscribe(Json.read(Messages.Subscribe.class, frame.json()));
            case COMMAND -> hasRoom() && plane.command(guest, frame);
            case REQUEST -> hasRoom() && plane.request(guest, Json.read(Messages.Request.class, frame.json()));
            default ->
                throw new RefusedException(
                        RefusalReason.BAD_FRAME, frame.type() + " is nothing that a device sends", "update");
        };
        if (!taken) {
            throw busy();
        }
    }

    /** Once a session: it costs the node a signature for each event. */
    private boolean subscribe(Messages.Subscribe wants) {
        if (subscribed) {
            throw new RefusedException(RefusalReason.BAD_FRAME, "a second SUBSCRIBE in a session", "connect again");
        }
        subscribed = true;
        return plane.subscribe(guest, wants);
    }

    private boolean hasRoom() {
        return unanswered.incrementAndGet() <= MOST_UNANSWERED;
    }

    private boolean overflows() {
        long queued = context.channel().unsafe().outboundBuffer() == null
                ? 0
                : context.channel().unsafe().outboundBuffer().totalPendingWriteBytes();
        if (queued > MOST_QUEUED_BYTES) {
            end();
            return true;
        }
        return false;
    }

    private void send(Frame frame) {
        if (!overflows()) {
            var _ = context.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(frame.encoded())));
        }
    }

    private void send(FrameType type, String json) {
        send(sender.next(type, json));
    }

    private void drain() {
        while (!over && !outbox.isEmpty() && context.channel().isWritable()) {
            Outbox.Item item = outbox.next();
            send(
                    FrameType.STATEMENT,
                    Json.write(
                            Messages.Told.class,
                            new Messages.Told(item.statement(), Math.max(0, Bulletin.nowMs() - item.knownMs()))));
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext at) {
        drain();
        at.fireChannelWritabilityChanged();
    }

    /** Says why, in a way that the client can check, and ends the connection. */
    private void refuse(Refusal why, Optional<byte[]> evidence) {
        if (over) {
            return;
        }
        plane.refused(guest == null ? from.getHostAddress() : guest.device(), why, evidence);
        if (guest == null) {
            strangers.failed(from, System.nanoTime());
        }
        farewell(why);
    }

    private void farewell(Refusal why) {
        Frame last = guest == null ? shake.refusal(why) : sender.next(FrameType.CLOSED, Json.write(Refusal.class, why));
        send(last);
        end();
    }

    /** After what was written. */
    private void end() {
        over = true;
        leave();
        var _ = context.writeAndFlush(new CloseWebSocketFrame(1008, "")).addListener(ChannelFutureListener.CLOSE);
        // A client that reads nothing would keep the connection, and what waits for it, for as long as it likes.
        var _ = context.executor().schedule(this::hangUp, FAREWELL_MS, TimeUnit.MILLISECONDS);
    }

    private void hangUp() {
        var _ = context.close();
    }

    private void leave() {
        settled();
        if (guest != null) {
            plane.gone(guest);
        }
    }

    private void settled() {
        if (isStranger) {
            isStranger = false;
            strangers.settled(from);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext at) {
        over = true;
        leave();
        at.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext at, Throwable cause) {
        if (cause instanceof DecoderException) {
            refuse(
                    new Refusal(RefusalReason.BAD_FRAME, String.valueOf(cause.getMessage()), "see the document"),
                    Optional.empty());
        } else {
            var _ = at.close(); // It broke.
        }
    }

    /** As the desk sees a session; calls come from the desk's thread. */
    private final class Present implements Guest {
        private final String device;
        private final SessionKeys session;

        Present(String device, SessionKeys session) {
            this.device = device;
            this.session = session;
        }

        @Override
        public String device() {
            return device;
        }

        @Override
        public SessionKeys session() {
            return session;
        }

        @Override
        public void tell(Statement statement, String module, long knownMs) {
            inLoop(() -> {
                if (subscribed) {
                    outbox.add(statement, module, knownMs);
                    drain();
                }
            });
        }

        @Override
        public void tell(CommandUpdate update) {
            inLoop(() -> {
                if (update.isLast()) {
                    unanswered.decrementAndGet();
                }
                send(FrameType.UPDATE, Json.write(CommandUpdate.class, update));
            });
        }

        @Override
        public void tell(Messages.Answer answer) {
            inLoop(() -> {
                unanswered.decrementAndGet();
                send(FrameType.ANSWER, Json.write(Messages.Answer.class, answer));
            });
        }

        @Override
        public void dismiss(Refusal why) {
            inLoop(() -> farewell(why));
        }
    }

    /** As the desk sees a device that pairs. */
    private final class Applicant implements Pairings.Applicant {
        @Override
        public void answered(Pairing.NodeSide side, String salt, long untilMs) {
            inLoop(() -> {
                send(side.answer(salt));
                long leftMs = untilMs - plane.clock().wallMs();
                later(
                        Math.max(0, leftMs),
                        () -> farewell(new Refusal(
                                RefusalReason.NOT_CONFIRMED, "nobody confirmed the pairing in time", "begin again")));
            });
        }

        @Override
        public void paired(Pairing.NodeSide side, Messages.Paired paired) {
            last(side.paired(paired));
        }

        @Override
        public void joined(Pairing.NodeSide side, Messages.Joined joined) {
            last(side.joined(joined));
        }

        @Override
        public boolean isThere() {
            return context.channel().isActive();
        }

        private void last(Frame frame) {
            inLoop(() -> {
                send(frame);
                strangers.succeeded(from);
                end();
            });
        }

        @Override
        public void refused(Refusal why) {
            inLoop(() -> {
                strangers.failed(from, System.nanoTime());
                farewell(why);
            });
        }
    }
}
