package io.gemel.engine.control;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.CountDownLatch;
import javax.net.SocketFactory;

/** Makes sockets from which nothing is read while it is shut. */
final class Valve extends SocketFactory {

    private static final int SMALL_BYTES = 64 << 10;

    private volatile CountDownLatch way = new CountDownLatch(0);

    void shut() {
        way = new CountDownLatch(1);
    }

    void open() {
        way.countDown();
    }

    @Override
    public Socket createSocket() {
        return new Socket() {
            @Override
            public void connect(SocketAddress to, int timeoutMs) throws IOException {
                setReceiveBufferSize(SMALL_BYTES);
                super.connect(to, timeoutMs);
            }

            @Override
            public InputStream getInputStream() throws IOException {
                return new FilterInputStream(super.getInputStream()) {
                    @Override
                    public int read(byte[] bytes, int offset, int length) throws IOException {
                        pass();
                        return super.read(bytes, offset, length);
                    }

                    @Override
                    public int read() throws IOException {
                        pass();
                        return super.read();
                    }
                };
            }
        };
    }

    private void pass() throws IOException {
        try {
            way.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    private static Socket connected(Socket socket, InetSocketAddress to) throws IOException {
        socket.connect(to);
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(createSocket(), new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(createSocket(), new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        Socket socket = createSocket();
        socket.bind(new InetSocketAddress(from, fromPort));
        return connected(socket, new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
        Socket socket = createSocket();
        socket.bind(new InetSocketAddress(from, fromPort));
        return connected(socket, new InetSocketAddress(host, port));
    }
}
