package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.ReportingClient;
import io.gemel.engine.module.ApplicationModule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

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
    public String directory() {
        return "/srv/journal";
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
            lab.exec(each, "mkdir", "-p", directory());
        }
    }

    @Override
    public void makeReady(Lab lab) {
        // The service makes its file itself.
    }

    @Override
    public DemoClients startClients(Lab lab) {
        List<String> command = List.of(
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
                VIRTUAL_IP + ":" + PORT);
        return new Clients(new ReportingClient<>(lab, command, JournalReport.class, new JournalReport(0, 0, 0, 0)));
    }

    private record Clients(ReportingClient<JournalReport> writer) implements DemoClients {

        private static final Duration FINISH = Duration.ofSeconds(90);

        @Override
        public long progress() {
            return writer.last().acknowledged();
        }

        @Override
        public JournalReport finish() {
            return writer.finish(FINISH);
        }

        @Override
        public void close() {
            writer.close();
        }
    }
}
