package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An {@link AddressProbe} that runs in the client of a lab. */
public final class AddressWatch implements AutoCloseable {

    private static final Duration BEGIN = Duration.ofSeconds(30);
    private static final long END_TIMEOUT_S = 10;

    /** So many answers show that the probe runs at its pace. */
    static final long BEGUN_ANSWERS = 50;

    private final Process process;
    private final Thread reader;
    private volatile AddressProbe.Report last = new AddressProbe.Report(0, 0);

    private AddressWatch(Process process) {
        this.process = process;
        this.reader = Thread.ofVirtual().start(this::read);
    }

    /** Starts to ask for an address; returns once answers come. */
    public static AddressWatch start(Lab lab, String address) {
        ProcessBuilder builder = lab.clientProcess(List.of("gemel", "bench", "probe", address));
        try {
            AddressWatch watch = new AddressWatch(
                    builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
            if (!Deadline.in(BEGIN).await(() -> watch.last.answered() >= BEGUN_ANSWERS)) {
                watch.close();
                throw new Problem(address + " does not answer the client", "gemel lab state --name " + lab.name());
            }
            return watch;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = Json.read(AddressProbe.Report.class, line);
            }
        } catch (IOException e) {
            // The process was ended: what it said last stays.
        }
    }

    /** How often the address answered so far; known some 100 ms late. */
    public long answered() {
        return last.answered();
    }

    /** Ends it; what it saw. */
    public AddressProbe.Report finish() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS)) {
                throw new Problem("the probe in the client did not end", "see what occupies this machine: top");
            }
            reader.join(TimeUnit.SECONDS.toMillis(END_TIMEOUT_S));
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
