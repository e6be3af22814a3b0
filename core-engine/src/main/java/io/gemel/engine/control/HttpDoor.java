package io.gemel.engine.control;

import io.gemel.protocol.wire.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first request of a connection: one of the few pages, or the way into the control protocol. */
final class HttpDoor extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);

    static final String CONTROL = "/v1/control";
    private static final String METRICS = "/metrics";
    private static final Pattern READY = Pattern.compile("/v1/modules/([a-z0-9-]{1,32})/ready");
    private static final String TEXT = "text/plain; charset=utf-8";

    private final ControlPlane plane;
    private final Strangers strangers;
    private final InetAddress from;
    private final Supplier<String> metrics;
    private boolean settled;

    HttpDoor(ControlPlane plane, Strangers strangers, InetAddress from, Supplier<String> metrics) {
        super(FullHttpRequest.class);
        this.plane = plane;
        this.strangers = strangers;
        this.from = from;
        this.metrics = metrics;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext at) {
        var _ = at.executor()
                .schedule(
                        () -> {
                            if (!settled) {
                                var _ = at.close();
                            }
                        },
                        plane.settings().limits().handshakeMs(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext at, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            say(at, HttpResponseStatus.BAD_REQUEST, TEXT, "not HTTP\n");
            return;
        }
        String path = request.uri();
        Matcher ready = READY.matcher(path);
        boolean isRead = request.method().equals(HttpMethod.GET);
        if (path.equals(CONTROL) && isWebSocket(request)) {
            upgrade(at, request);
        } else if (path.equals(CONTROL)) {
            say(at, HttpResponseStatus.UPGRADE_REQUIRED, TEXT, "a WebSocket of version 13 is wanted\n");
        } else if (!isRead) {
            say(at, HttpResponseStatus.METHOD_NOT_ALLOWED, TEXT, "only GET\n");
        } else if (path.equals(METRICS)) {
            say(at, HttpResponseStatus.OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", metrics.get());
        } else if (ready.matches()) {
            ReadyAnswer answer =
                    ReadyAnswer.of(plane.service(), plane.settings().node(), ready.group(1));
            say(at, HttpResponseStatus.valueOf(answer.code()), TEXT, answer.text() + "\n");
        } else {
            say(at, HttpResponseStatus.NOT_FOUND, TEXT, "nothing is here\n");
        }
    }

    private static boolean isWebSocket(FullHttpRequest request) {
        return request.method().equals(HttpMethod.GET)
                && request.headers().containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                && request.headers()
                        .contains(HttpHeaderNames.SEC_WEBSOCKET_VERSION, WebSocketVersion.V13.toHttpHeaderValue(), true)
                && request.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY);
    }

    private void upgrade(ChannelHandlerContext at, FullHttpRequest request) {
        WebSocketDecoderConfig small = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(Frame.MOST_HANDSHAKE_BYTES)
                .allowExtensions(false)
                .closeOnProtocolViolation(false) // the connection says why, and closes
                .build();
        WebSocketServerHandshaker shaker =
                new WebSocketServerHandshakerFactory("wss://gemel" + CONTROL, null, small).newHandshaker(request);
        ControlConnection connection = new ControlConnection(plane, strangers, from);
        settled = true;
        var _ = shaker.handshake(at.channel(), request).addListener(done -> {
            if (done.isSuccess()) {
                at.pipeline().replace(this, "control", connection);
                connection.begin(at.pipeline().context(connection));
            } else {
                strangers.settled(from);
                var _ = at.close();
            }
        });
    }

    private void say(ChannelHandlerContext at, HttpResponseStatus status, String type, String text) {
        ByteBuf body = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set(HttpHeaderNames.CONNECTION, "close");
        var _ = at.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelInactive(ChannelHandlerContext at) {
        if (!settled) {
            settled = true;
            strangers.settled(from);
        }
        at.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext at, Throwable cause) {
        LOG.debug("a connection from {} ends: {}", from, cause.toString());
        var _ = at.close(); // No HTTP, no TLS, or gone: nothing was let in.
    }
}
