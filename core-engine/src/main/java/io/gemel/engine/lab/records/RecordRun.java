package io.gemel.engine.lab.records;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Several {@link RecordWriter}s at one application, and then the check of all that was confirmed to them. */
public final class RecordRun {

    /** More says nothing new. */
    private static final int MOST_COMPLAINTS = 30;

    private static final int MOST_CLIENTS = 1_000;
    private static final int MOST_RUNS = 2_000_000;
    private static final long PREPARE_S = 60;

    private final List<RecordWriter> writers = new ArrayList<>();
    private final List<String> looks = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final AtomicLong lastNs = new AtomicLong(System.nanoTime());
    private final RecordStore.Opener opener;
    private long seen;

    /**
     * @param application journal, postgresql or mariadb
     * @param host where it answers
     * @param clients how many write at once
     * @param recordsPerSecond of all together
     * @param careless whether a further try of a database's client takes a record that is there for a confirmation
     * @param logs an existing directory for what each of them was told
     */
    public RecordRun(String application, String host, int clients, int recordsPerSecond, boolean careless, Path logs) {
        RecordStore.Opener any = opener(application, host, careless, logs);
        // The application may hold records of an earlier run.
        int before = new SecureRandom().nextInt(MOST_RUNS) * MOST_CLIENTS;
        opener = writer -> any.open(before + writer);
        try {
            Files.createDirectories(logs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long intervalNs = TimeUnit.SECONDS.toNanos(clients) / recordsPerSecond;
        for (int number = 1; number <= clients; number++) {
            writers.add(new RecordWriter(number, opener, intervalNs, logs, this::look, this::complain));
        }
    }

    private static RecordStore.Opener opener(String application, String host, boolean careless, Path logs) {
        return switch (application) {
            case "journal" -> writer -> new JournalStore(host, writer);
            case "postgresql" -> writer -> sql(SqlDialect.POSTGRESQL, host, writer, careless, logs);
            case "mariadb" -> writer -> sql(SqlDialect.MARIADB, host, writer, careless, logs);
            default ->
                throw new Problem(
                        "there are no clients for \"" + application + "\"", "use journal, postgresql or mariadb");
        };
    }

    private static RecordStore sql(SqlDialect dialect, String host, int writer, boolean careless, Path logs)
            throws IOException {
        return new SqlStore(dialect, host, writer, careless, logs.resolve("writer-" + writer + ".err"));
    }

    private void complain(String line) {
        add(complaints, line);
    }

    private void look(String line) {
        add(looks, line);
    }

    private synchronized void add(List<String> lines, String line) {
        if (lines.size() < MOST_COMPLAINTS) {
            lines.add(line);
        }
    }

    /** Writes until {@link #stop}, then asks for every record. */
    public RecordReport run() {
        prepare();
        inThreads(RecordWriter::write);
        inThreads(RecordWriter::check);
        return report();
    }

    private void prepare() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PREPARE_S);
        while (true) {
            try (RecordStore store = opener.open(0)) {
                store.prepare();
                return;
            } catch (IOException e) {
                if (System.nanoTime() - end >= 0) {
                    throw new Problem("the application does not answer: " + e.getMessage(), "gemel state", e);
                }
            }
        }
    }

    private interface Work {
        void of(RecordWriter writer);
    }

    private void inThreads(Work work) {
        List<Thread> threads = writers.stream()
                .map(writer -> Thread.ofPlatform().name("writer").start(() -> work.of(writer)))
                .toList();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            stop();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the writing. */
    public void stop() {
        writers.forEach(RecordWriter::stop);
    }

    /** The numbers so far. */
    public synchronized RecordReport report() {
        long acknowledged = writers.stream().mapToLong(RecordWriter::promised).sum();
        if (acknowledged > seen) {
            seen = acknowledged;
            lastNs.set(System.nanoTime());
        }
        return new RecordReport(
                acknowledged,
                writers.stream().mapToLong(RecordWriter::found).sum(),
                TimeUnit.NANOSECONDS.toMillis(writers.stream()
                        .mapToLong(RecordWriter::longestWaitNs)
                        .max()
                        .orElse(0)),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastNs.get()),
                writers.stream().mapToLong(RecordWriter::reconnects).sum(),
                looks,
                complaints);
    }
}
