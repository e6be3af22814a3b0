package io.gemel.engine.control;

import io.gemel.engine.net.ServerTls;
import io.gemel.protocol.model.Problem;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Where clients come in: TLS 1.3, then HTTP, then the WebSocket of the control protocol. */
public final class ControlServer implements AutoCloseable {

    private static final int THREADS = 2;
    private static final int WAITING_CONNECTIONS = 256;
    private static final int MOST_LINE = 1 << 10;
    private static final int MOST_HEADERS = 4 << 10;
    private static final int MOST_BODY = 1 << 10;
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(64 << 10, 256 << 10);
    private static final long CLOSE_MS = 2_000;

    private final EventLoopGroup loops;
    private final Channel channel;
    private final Strangers strangers;
    private final Metrics metrics;

    private ControlServer(EventLoopGroup loops, Channel channel, Strangers strangers, Metrics metrics) {
        this.strangers = strangers;
        this.loops = loops;
        this.channel = channel;
        this.metrics = metrics;
    }

    /** Listens; a {@link Problem} when it cannot. */
    public static ControlServer open(ControlPlane plane, ServerTls tls) {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                THREADS, new DefaultThreadFactory("control-io", true), NioIoHandler.newFactory());
        Strangers strangers = new Strangers(plane.settings().limits());
        Metrics metrics = new Metrics(plane, strangers);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, WAITING_CONNECTIONS)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .childHandler(new Entrance(plane, tls, strangers, metrics));
        InetSocketAddress listen = plane.settings().listen();
        var bound = bootstrap.bind(listen).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            metrics.close();
            var _ = loops.shutdownGracefully(0, CLOSE_MS, TimeUnit.MILLISECONDS);
            throw new Problem(
                    "the engine cannot listen at " + listen.getHostString() + " port " + listen.getPort()
                            + " for devices: " + bound.cause().getMessage(),
                    "control in this node's [[node]] of cluster.toml needs an address of this node and a free port",
                    bound.cause());
        }
        return new ControlServer(loops, bound.channel(), strangers, metrics);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Connections that have no session, those that pair too. */
    int strangers() {
        return strangers.count();
    }

    @Override
    public void close() {
        var _ = channel.close().awaitUninterruptibly(CLOSE_MS);
        var _ = loops.shutdownGracefully(0, CLOSE_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly(2 * CLOSE_MS);
        metrics.close();
    }

    /** What a new connection goes through. */
    private static final class Entrance extends ChannelInitializer<SocketChannel> {
        private final ControlPlane plane;
        private final ServerTls tls;
        private final Strangers strangers;
        private final Metrics metrics;

        Entrance(ControlPlane plane, ServerTls tls, Strangers strangers, Metrics metrics) {
            this.plane = plane;
            this.tls = tls;
            this.strangers = strangers;
            this.metrics = metrics;
        }

        @Override
        protected void initChannel(SocketChannel connection) {
            InetAddress from = connection.remoteAddress().getAddress();
            if (!strangers.come(from)) {
                var _ = connection.close();
                return;
            }
            SslHandler ssl = new SslHandler(tls.engine());
            ssl.setHandshakeTimeoutMillis(plane.settings().limits().handshakeMs());
            connection
                    .pipeline()
                    .addLast(ssl)
                    .addLast(new HttpServerCodec(MOST_LINE, MOST_HEADERS, MOST_BODY))
                    .addLast(new HttpObjectAggregator(MOST_BODY, true))
                    .addLast(new HttpDoor(plane, strangers, from, metrics::text));
        }
    }
}
