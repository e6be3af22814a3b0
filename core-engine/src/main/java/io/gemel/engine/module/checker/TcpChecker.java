package io.gemel.engine.module.checker;

import io.gemel.engine.module.Probe;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Connects, and where that is asked says something and reads what comes back: the kernel takes connections for an
 * application that hangs, too.
 */
final class TcpChecker implements Checker {

    private static final int MOST_BYTES = 64 << 10;

    private final Probe.Tcp probe;
    private final Pattern expected;
    private final int timeoutMs;
    private final String name;

    TcpChecker(Probe.Tcp probe, Duration timeout) {
        this.probe = probe;
        this.expected = Pattern.compile(probe.expect());
        this.timeoutMs = (int) timeout.toMillis();
        this.name = probe.address().getAddress().getHostAddress() + " port "
                + probe.address().getPort();
    }

    @Override
    public Look look() {
        long endNs = System.nanoTime() + timeoutMs * 1_000_000L;
        try (Socket socket = new Socket()) {
            socket.connect(probe.address(), timeoutMs);
            if (!probe.send().isEmpty()) {
                socket.getOutputStream().write(probe.send().getBytes(StandardCharsets.ISO_8859_1));
            }
            return probe.expect().isEmpty() ? Look.up(name + " takes connections") : read(socket, endNs);
        } catch (SocketTimeoutException e) {
            return Look.down(name + " does not take a connection within " + timeoutMs + " ms");
        } catch (IOException e) {
            return Look.down(name + ": " + e.getMessage());
        }
    }

    private Look read(Socket socket, long endNs) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] heard = new byte[MOST_BYTES];
        int length = 0;
        while (length < MOST_BYTES) {
            int leftMs = (int) ((endNs - System.nanoTime()) / 1_000_000);
            int count = 0;
            if (leftMs > 0) {
                socket.setSoTimeout(leftMs);
                try {
                    count = in.read(heard, length, MOST_BYTES - length);
                } catch (SocketTimeoutException e) {
                    // As when no time was left: what counts is what came.
                }
            }
            if (count == 0) {
                return Look.down(name + (length == 0 ? " answers nothing" : " answers something else than expected")
                        + " within " + timeoutMs + " ms");
            }
            if (count < 0) {
                return Look.down(name + " ends the connection without the expected answer");
            }
            length += count;
            if (expected.matcher(new String(heard, 0, length, StandardCharsets.ISO_8859_1))
                    .find()) {
                return Look.up(name + " answers as expected");
            }
        }
        return Look.down(name + " answers much, and not what is expected");
    }

    @Override
    public boolean needsPlatformThread() {
        return false;
    }
}
