package io.gemel.engine.lab.demo;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/**
 * Clients that write to the journal service through whatever happens to it, and then hold it to its word.
 *
 * <p>Each client numbers its records and sends the next only when the one before is acknowledged, so what it was promised
 * is all records up to a number. A record without an answer is sent again, on a new connection.
 */
public final class JournalWriter {

    /** Most clients at once. */
    public static final int MAX_CLIENTS = 200;

    private static final int RECORD_BYTES = 256;
    private static final long RETRY_MS = 20;
    private static final Duration VERIFY_TIMEOUT = Duration.ofMinutes(1);

    private final InetSocketAddress server;
    private final int clients;
    private final long intervalNs;
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong longestWaitNs = new AtomicLong();
    private final AtomicLong reconnects = new AtomicLong();
    private volatile boolean stopped;

    /**
     * @param server where the service answers
     * @param clients how many write at once
     * @param recordsPerSecond of all clients together; 0 for as fast as they can
     */
    public JournalWriter(InetSocketAddress server, int clients, int recordsPerSecond) {
        if (clients < 1 || clients > MAX_CLIENTS) {
            throw new Problem(clients + " clients", "use 1 to " + MAX_CLIENTS);
        }
        this.server = server;
        this.clients = clients;
        this.intervalNs = recordsPerSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(clients) / recordsPerSecond;
    }

    /** Records acknowledged so far. */
    public long acknowledged() {
        return acknowledged.get();
    }

    /** The numbers so far; nothing is asked for before the end, so nothing is found yet. */
    public JournalReport progress() {
        return report(0);
    }

    private JournalReport report(long found) {
        return new JournalReport(
                acknowledged.get(), found, TimeUnit.NANOSECONDS.toMillis(longestWaitNs.get()), reconnects.get());
    }

    /** Ends the writing; {@link #run} then verifies. */
    public void stop() {
        stopped = true;
    }

    /** Writes until {@link #stop}, then asks for every acknowledged record. */
    public JournalReport run() {
        SecureRandom random = new SecureRandom();
        List<Client> all = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Client client = new Client(random.nextLong());
            all.add(client);
            threads.add(Thread.ofPlatform().name("client-" + i).start(client::write));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            stop();
            Thread.currentThread().interrupt();
        }
        long found = 0;
        for (Client client : all) {
            found += client.found();
        }
        return report(found);
    }

    /** What a record carries: anybody can work it out again from its two numbers. */
    private static byte[] payload(long writer, long sequence) {
        byte[] payload = new byte[RECORD_BYTES];
        new SplittableRandom(writer ^ (sequence * 0x9E3779B97F4A7C15L)).nextBytes(payload);
        return payload;
    }

    private static void pause(long ns) {
        try {
            TimeUnit.NANOSECONDS.sleep(ns);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Client {

        private final long writer;
        private long promised;
        private JournalClient connection;

        Client(long writer) {
            this.writer = writer;
        }

        void write() {
            long next = System.nanoTime();
            while (!stopped) {
                long begin = System.nanoTime();
                if (send(promised + 1)) {
                    promised++;
                    acknowledged.incrementAndGet();
                }
                longestWaitNs.accumulateAndGet(System.nanoTime() - begin, Math::max);
                next += intervalNs;
                if (intervalNs > 0 && next > System.nanoTime()) {
                    pause(next - System.nanoTime());
                } else {
                    next = System.nanoTime();
                }
            }
            disconnect();
        }

        /** Sends a record until it is acknowledged; false when told to stop before that. */
        private boolean send(long sequence) {
            byte[] payload = payload(writer, sequence);
            while (!stopped) {
                try {
                    connect();
                    connection.append(writer, sequence, payload);
                    return true;
                } catch (IOException e) {
                    disconnect();
                    reconnects.incrementAndGet();
                    pause(TimeUnit.MILLISECONDS.toNanos(RETRY_MS));
                }
            }
            return false;
        }

        private void connect() throws IOException {
            if (connection == null) {
                connection = new JournalClient(server);
            }
        }

        private void disconnect() {
            if (connection != null) {
                connection.close();
                connection = null;
            }
        }

        /** How many of the promised records the service shows, with the bytes that were sent. */
        long found() {
            Map<Long, Integer> records = list();
            long found = 0;
            for (long sequence = 1; sequence <= promised; sequence++) {
                CRC32C checksum = new CRC32C();
                checksum.update(payload(writer, sequence));
                Integer stored = records.get(sequence);
                if (stored != null && stored == (int) checksum.getValue()) {
                    found++;
                }
            }
            return found;
        }

        private Map<Long, Integer> list() {
            long end = System.nanoTime() + VERIFY_TIMEOUT.toNanos();
            while (true) {
                try {
                    connect();
                    return connection.list(writer).stream()
                            .collect(Collectors.toMap(JournalClient.Stored::sequence, JournalClient.Stored::checksum));
                } catch (IOException e) {
                    disconnect();
                    if (System.nanoTime() - end >= 0) {
                        throw new Problem(
                                "the journal service at " + server + " did not show its records within "
                                        + VERIFY_TIMEOUT.toSeconds() + " s: " + e,
                                "look at gemel state",
                                e);
                    }
                    pause(TimeUnit.MILLISECONDS.toNanos(RETRY_MS));
                } finally {
                    if (connection != null) {
                        disconnect();
                    }
                }
            }
        }
    }
}
