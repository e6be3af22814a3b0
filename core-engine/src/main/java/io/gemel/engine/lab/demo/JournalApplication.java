package io.gemel.engine.lab.demo;

import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.Moshi;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.module.ApplicationModule;
import io.gemel.protocol.model.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The journal service that comes with Gemel. */
final class JournalApplication implements DemoApplication {

    private static final int PORT = 7070;
    private static final int CLIENTS = 8;
    private static final int RECORDS_PER_SECOND = 2_000;

    @Override
    public String module() {
        return "journal";
    }

    @Override
    public String sentence() {
        return "a journal service that appends what " + CLIENTS + " clients send, each record safe on disk";
    }

    @Override
    public LabOptions prepare(LabOptions options, Path work) {
        Path folder = ApplicationModule.named(module()).copyTo(work, module());
        return options.withModules(List.of(folder));
    }

    @Override
    public void makeData(Lab lab, String node) {
        for (String each : List.of("n1", "n2")) {
            lab.exec(each, "mkdir", "-p", "/srv/journal");
        }
    }

    @Override
    public void makeReady(Lab lab) {
        // The service makes its file itself.
    }

    @Override
    public DemoClients startClients(Lab lab) {
        ProcessBuilder builder = lab.clientProcess(List.of(
                "gemel",
                "journal",
                "write",
                "--json",
                "--until-input-ends",
                "--for",
                "10m",
                "--clients",
                Integer.toString(CLIENTS),
                "--rate",
                Integer.toString(RECORDS_PER_SECOND),
                "--to",
                VIRTUAL_IP + ":" + PORT));
        try {
            return new Clients(
                    builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process in the client; its lines are JSON, and the last one is the report. */
    private static final class Clients implements DemoClients {

        private static final long FINISH_TIMEOUT_S = 90;
        private static final JsonAdapter<JournalReport> JSON =
                new Moshi.Builder().build().adapter(JournalReport.class);

        private final Process process;
        private final Thread reader;
        private volatile JournalReport last = new JournalReport(0, 0, 0, 0);

        Clients(Process process) {
            this.process = process;
            this.reader = Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last = JSON.fromJson(line);
                }
            } catch (IOException e) {
                // The process was ended: what it said last stays.
            }
        }

        @Override
        public boolean writing() {
            return last.acknowledged() > 0;
        }

        @Override
        public JournalReport finish() {
            try {
                process.getOutputStream().close();
                if (!process.waitFor(FINISH_TIMEOUT_S, TimeUnit.SECONDS)) {
                    throw new Problem("the clients did not end", "look at gemel state on both nodes");
                }
                reader.join(TimeUnit.SECONDS.toMillis(FINISH_TIMEOUT_S));
                if (process.exitValue() > 1) {
                    throw new Problem("the clients failed; their reason is above", "look at gemel state on both nodes");
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
}
