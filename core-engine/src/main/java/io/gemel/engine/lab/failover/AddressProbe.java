package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/**
 * Asks again and again whether a machine has an address, by TCP connections to a port at which nothing listens: the kernel
 * that has the address refuses them at once, whatever runs above it.
 */
public final class AddressProbe {

    /** A port at which nothing listens. */
    public static final int PORT = 9;

    private static final long PERIOD_MS = 10;

    /** Longer than any round trip between two nodes. */
    private static final int ANSWER_TIMEOUT_MS = 20;

    /**
     * What was seen so far.
     *
     * @param answered questions that were answered
     * @param longestGapMs the longest time between two answers, in milliseconds
     */
    public record Report(long answered, long longestGapMs) {}

    private final InetSocketAddress address;
    private volatile Report report = new Report(0, 0);
    private volatile boolean stopped;

    public AddressProbe(InetSocketAddress address) {
        this.address = address;
    }

    /** What was seen so far. */
    public Report report() {
        return report;
    }

    /** Ends {@link #run}. */
    public void stop() {
        stopped = true;
    }

    /** Asks until {@link #stop}. */
    public void run() {
        long lastNs = System.nanoTime();
        while (!stopped) {
            long begunNs = System.nanoTime();
            if (answers()) {
                long nowNs = System.nanoTime();
                Report before = report;
                long gapMs = before.answered() == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nowNs - lastNs);
                report = new Report(before.answered() + 1, Math.max(before.longestGapMs(), gapMs));
                lastNs = nowNs;
            }
            long leftMs = PERIOD_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNs);
            if (leftMs > 0) {
                Deadline.pause(leftMs);
            }
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(address, ANSWER_TIMEOUT_MS);
            return true;
        } catch (ConnectException e) {
            return String.valueOf(e.getMessage()).contains("refused");
        } catch (IOException e) {
            return false;
        }
    }
}
