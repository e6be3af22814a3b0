package io.gemel.engine.control;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLSocketFactory;

/** Connections from many addresses of this machine that come to nothing, and stay as long as they are let. */
final class Crowd implements AutoCloseable {

    /** Below what a node takes from one address, so that no address is turned away for its number. */
    private static final int AN_ADDRESS = 4;
    /** What the rest of the process needs. */
    private static final int OTHER_DESCRIPTORS = 2_000;

    private static final int TLS_MS = 500;
    /** A handshake costs both sides: only some of the crowd get so far. */
    private static final int TLS_OF = 20;

    /** A record of TLS that says that it has 512 bytes, of which a few are there. */
    private static final byte[] HALF_A_HELLO = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 252, 3, 3};

    private final int port;
    private final SSLSocketFactory tls;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final List<OutputStream> slow = new CopyOnWriteArrayList<>();
    private final Thread trickle;

    Crowd(int port, SSLSocketFactory tls) {
        this.port = port;
        this.tls = tls;
        trickle = Thread.ofPlatform().daemon().name("trickle").start(this::trickle);
    }

    /** How many of those that are wanted this process may hold at once. */
    static int most(int wanted) {
        var system = (com.sun.management.UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long room = system.getMaxFileDescriptorCount() - OTHER_DESCRIPTORS;
        return (int) Math.min(wanted, Math.max(0, room));
    }

    /** One more, by turns of each kind: silent, half a hello, a byte now and again, half a request within TLS. */
    void add(int number) {
        try {
            int host = number / AN_ADDRESS;
            byte[] address = {127, 1, (byte) (host >> Byte.SIZE), (byte) host};
            Socket socket = new Socket();
            open.add(socket);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(address), 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            if (number % TLS_OF == 0) {
                halfARequest(socket);
            } else if (number % 3 == 0) {
                socket.getOutputStream().write(HALF_A_HELLO);
            } else if (number % 3 == 1) {
                slow.add(socket.getOutputStream());
            }
        } catch (IOException e) {
            // Turned away, or let go, is as good.
        }
    }

    private void halfARequest(Socket socket) throws IOException {
        socket.setSoTimeout(TLS_MS);
        Socket inside = tls.createSocket(socket, "127.0.0.1", port, true);
        inside.getOutputStream().write("GET /v1/control HTTP/1.1\r\nHost".getBytes(StandardCharsets.US_ASCII));
    }

    /** How many it is, those that the node has let go included. */
    int size() {
        return open.size();
    }

    private void trickle() {
        int at = 0;
        while (!Thread.currentThread().isInterrupted()) {
            int next = at < HALF_A_HELLO.length
                    ? HALF_A_HELLO[at]
                    : ThreadLocalRandom.current().nextInt();
            slow.removeIf(each -> isLetGo(each, next));
            at++;
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static boolean isLetGo(OutputStream to, int next) {
        try {
            to.write(next);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        trickle.interrupt();
        for (Socket each : open) {
            each.close();
        }
    }
}
