package io.gemel.engine.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A network between the two nodes that can fall silent: connections stay, bytes stop. */
final class Proxy implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    private volatile boolean silent;

    Proxy(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 50, NodePair.loopback(0).getAddress());
        spawn(this::acceptAll);
    }

    int port() {
        return server.getLocalPort();
    }

    /** From now on every byte is swallowed, on old connections and new ones. */
    void fallSilent() {
        silent = true;
    }

    void speakAgain() {
        silent = false;
    }

    boolean saw(String text) {
        synchronized (seen) {
            return seen.toString(StandardCharsets.ISO_8859_1).contains(text);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void acceptAll() throws IOException {
        while (true) {
            Socket in = server.accept();
            sockets.add(in);
            Socket out = new Socket(server.getInetAddress(), target);
            sockets.add(out);
            spawn(() -> forward(in, out));
            spawn(() -> forward(out, in));
        }
    }

    private void forward(Socket from, Socket to) throws IOException {
        byte[] buffer = new byte[64 << 10];
        for (int n = from.getInputStream().read(buffer);
                n >= 0;
                n = from.getInputStream().read(buffer)) {
            synchronized (seen) {
                seen.write(buffer, 0, n);
            }
            if (!silent) {
                to.getOutputStream().write(buffer, 0, n);
            }
        }
        to.close();
    }

    private interface Io {
        void run() throws IOException;
    }

    private static void spawn(Io task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException e) {
                        // the test closed it
                    }
                },
                "proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
