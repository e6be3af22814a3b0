package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program in the client of a lab that says again and again, in a line of JSON each, how far it is, and ends when its input
 * does. What it says on standard error goes to that of this process.
 *
 * @param <R> what it reports
 */
public final class ReportingClient<R> implements AutoCloseable {

    private final Class<R> type;
    private final Process process;
    private final Thread reader;
    private volatile R last;

    /** @param nothing what is reported before its first line */
    public ReportingClient(Lab lab, List<String> command, Class<R> type, R nothing) {
        this(lab.clientProcess(command), type, nothing);
    }

    /** One of this very Gemel on this machine, outside of any lab. */
    public static <R> ReportingClient<R> onThisMachine(List<String> arguments, Class<R> type, R nothing) {
        List<String> command = new ArrayList<>(Program.ofThisProcess().command());
        command.addAll(arguments);
        return new ReportingClient<>(new ProcessBuilder(command), type, nothing);
    }

    private ReportingClient(ProcessBuilder builder, Class<R> type, R nothing) {
        this.type = type;
        this.last = nothing;
        try {
            process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reader = Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = Json.read(type, line);
            }
        } catch (IOException e) {
            // The process was ended: what it said last stays.
        }
    }

    /** What it said last. */
    public R last() {
        return last;
    }

    /**
     * Ends its input, and waits for its end.
     *
     * @return its last report
     * @throws Problem when it does not end within the time, or says by an exit code above 1 that it failed
     */
    public R finish(Duration within) {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new Problem("the client did not end", "look at gemel state on both nodes");
            }
            reader.join(within);
            if (process.exitValue() > 1) {
                throw new Problem("the client failed; its reason is above", "look at gemel state on both nodes");
            }
            return last;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
