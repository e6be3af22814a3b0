package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.ReportingClient;
import io.gemel.engine.lab.records.RecordReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** {@code gemel lab records}, as clients of an application. */
final class NumberingClients implements DemoClients {

    private static final Duration FINISH = Duration.ofMinutes(3);
    private static final String CLIENTS = "4";
    private static final String RECORDS_PER_SECOND = "400";

    private final Path logs;
    private final Load load;
    private final ReportingClient<RecordReport> clients;

    /** Other load beside the clients. */
    interface Load extends AutoCloseable {
        @Override
        void close();
    }

    /** @param load runs as long as these clients write */
    NumberingClients(Lab lab, String application, Load load) {
        this.load = load;
        try {
            logs = Files.createTempDirectory("gemel-records");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        clients = new ReportingClient<>(
                lab,
                List.of(
                        "gemel",
                        "lab",
                        "records",
                        "--app",
                        application,
                        "--to",
                        DemoApplication.VIRTUAL_IP,
                        "--clients",
                        CLIENTS,
                        "--rate",
                        RECORDS_PER_SECOND,
                        "--logs",
                        logs.toString()),
                RecordReport.class,
                RecordReport.nothing());
    }

    @Override
    public long progress() {
        return clients.last().acknowledged();
    }

    @Override
    public JournalReport finish() {
        load.close();
        RecordReport report = clients.finish(FINISH);
        close();
        return new JournalReport(
                report.acknowledged(),
                report.complaints().isEmpty() ? report.found() : Math.min(report.found(), report.acknowledged() - 1),
                report.longestWaitMs(),
                report.reconnects());
    }

    @Override
    public void close() {
        load.close();
        clients.close();
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
