package io.gemel.engine.lab.records;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A database, by its own command line client: a process a connection, killed when an answer takes too long. */
final class SqlStore implements RecordStore {

    /** Shorter than a detection: a client then tries again while its first try still waits for the mirror. */
    private static final long ANSWER_MS = 2_000;

    private static final long EXTENT_MS = 5_000;
    private static final long READ_MS = 60_000;

    private final SqlDialect dialect;
    private final int writer;
    private final boolean careless;
    private final Process client;
    private final BufferedWriter in;
    private final BufferedReader out;
    private final ScheduledExecutorService impatience = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sql-timeout").factory());
    private long asked;

    /**
     * @param errors the file to which what the client complains of is appended
     * @param careless see {@link SqlDialect#insertAgain}
     */
    SqlStore(SqlDialect dialect, String host, int writer, boolean careless, Path errors) throws IOException {
        this.dialect = dialect;
        this.writer = writer;
        this.careless = careless;
        ProcessBuilder builder = new ProcessBuilder(dialect.command(host))
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
        builder.environment().put("PGCONNECT_TIMEOUT", "2");
        client = builder.start();
        in = client.outputWriter(StandardCharsets.US_ASCII);
        out = client.inputReader(StandardCharsets.US_ASCII);
    }

    @Override
    public void prepare() throws IOException {
        ask(dialect.create(), READ_MS, line -> {});
    }

    @Override
    public void append(long sequence, boolean again) throws IOException {
        String statement = again ? dialect.insertAgain(writer, sequence, careless) : dialect.insert(writer, sequence);
        ask(statement, ANSWER_MS, line -> {});
    }

    @Override
    public Extent extent() throws IOException {
        Extent[] extent = new Extent[1];
        ask(SqlDialect.extent(writer), EXTENT_MS, line -> {
            String[] fields = line.split("\t", 2);
            extent[0] = new Extent(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
        });
        if (extent[0] == null) {
            throw new IOException("the count of records was not answered");
        }
        return extent[0];
    }

    @Override
    public void read(Visitor visitor) throws IOException {
        ask(SqlDialect.read(writer), READ_MS, line -> {
            String[] fields = line.split("\t", 2);
            String payload = fields[1];
            visitor.record(Long.parseLong(fields[0]), sequence -> payload.equals(Payload.of(writer, sequence)));
        });
    }

    /** The client goes on to the next statement when the server confirmed the one before, and ends when it refused. */
    private void ask(String statement, long withinMs, Consumer<String> lines) throws IOException {
        String end = "done-" + ++asked;
        ScheduledFuture<?> late = impatience.schedule(client::destroyForcibly, withinMs, TimeUnit.MILLISECONDS);
        try {
            in.write(statement + "\nSELECT '" + end + "';\n");
            in.flush();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.equals(end)) {
                    return;
                }
                lines.accept(line);
            }
            throw new IOException("the server did not confirm it, or not within " + withinMs + " ms");
        } finally {
            late.cancel(false);
        }
    }

    @Override
    public void close() {
        impatience.shutdownNow();
        client.destroyForcibly();
    }
}
