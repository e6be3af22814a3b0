package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * pgbench, started again whenever a lost connection ended it. Its own log has a line for each transaction that it was
 * told was committed, with the time: the count of the lines is what must be found, the longest gap is the longest wait.
 */
final class PgbenchClients implements DemoClients {

    private static final int CLIENTS = 4;
    private static final String RUN_SECONDS = "4";
    private static final Duration RUN_TIMEOUT = Duration.ofMinutes(1);
    private static final long FINISH_TIMEOUT_S = 90;
    private static final long RETRY_MS = 50;
    private static final long COUNT_TIMEOUT_S = 60;

    private final Lab lab;
    private final Path logs;
    private final long rowsBefore;
    private final Thread thread;
    private volatile boolean stopped;
    private int runs;

    PgbenchClients(Lab lab) {
        this.lab = lab;
        this.rowsBefore = rows();
        try {
            this.logs = Files.createTempDirectory("gemel-pgbench");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.thread = Thread.ofPlatform().name("pgbench").start(this::write);
    }

    private void write() {
        while (!stopped) {
            runs++;
            try {
                String prefix = logs.resolve("run" + runs).toString();
                PostgresqlApplication.client(
                        lab,
                        RUN_TIMEOUT,
                        "pgbench",
                        "-n",
                        "-c",
                        Integer.toString(CLIENTS),
                        "-T",
                        RUN_SECONDS,
                        "-l",
                        "--log-prefix=" + prefix);
                TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            } catch (Problem e) {
                // It hung and was ended; the next run shows whether the service is back.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public long progress() {
        try (Stream<Path> files = Files.list(logs)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public JournalReport finish() {
        stopped = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(FINISH_TIMEOUT_S));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        long[] timesUs = committedUs();
        long gapUs = 0;
        for (int i = 1; i < timesUs.length; i++) {
            gapUs = Math.max(gapUs, timesUs[i] - timesUs[i - 1]);
        }
        // A commit whose answer was lost with the connection may be there too, so there can be more rows.
        long found = Math.min(rows() - rowsBefore, timesUs.length);
        close();
        return new JournalReport(timesUs.length, found, TimeUnit.MICROSECONDS.toMillis(gapUs), runs - 1);
    }

    /** When each transaction was committed; pgbench's log, fields 5 and 6 are seconds and microseconds. */
    private long[] committedUs() {
        try (Stream<Path> files = Files.list(logs)) {
            return files.flatMapToLong(PgbenchClients::times).sorted().toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LongStream times(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return Arrays.stream(lines.toArray(new String[0]))
                    .map(line -> line.split(" ", -1))
                    .filter(fields -> fields.length >= 6)
                    .mapToLong(fields -> Long.parseLong(fields[4]) * 1_000_000 + Long.parseLong(fields[5]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long rows() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(COUNT_TIMEOUT_S);
        while (true) {
            ExecResult result = PostgresqlApplication.client(
                    lab, RUN_TIMEOUT, "psql", "-XAtc", "select count(*) from pgbench_history");
            if (result.ok()) {
                return Long.parseLong(result.out().strip());
            }
            if (System.nanoTime() - end >= 0) {
                PostgresqlApplication.must(result);
            }
        }
    }

    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(logs);
        } catch (IOException e) {
            // Left-over logs in the temporary directory harm nobody.
        }
    }
}
