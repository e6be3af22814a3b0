package io.gemel.engine.cli;

import io.gemel.engine.lab.records.RecordReport;
import io.gemel.engine.lab.records.RecordRun;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel lab records}: clients that number their records; the lab runs it in its client. */
@Command(
        name = "records",
        hidden = true,
        description =
                "Write numbered records until the input ends, then ask for each confirmed one; a line of JSON at a"
                        + " time.")
final class LabRecordsCommand implements Callable<Integer> {

    private static final long PROGRESS_MS = 250;

    @Spec
    private CommandSpec spec;

    @Option(names = "--app", required = true, paramLabel = "APPLICATION", description = "The application.")
    private String application;

    @Option(names = "--to", required = true, paramLabel = "ADDRESS", description = "Where it answers.")
    private String host;

    @Option(names = "--clients", defaultValue = "4", paramLabel = "N", description = "How many.")
    private int clients;

    @Option(names = "--rate", defaultValue = "100", paramLabel = "N", description = "Records a second of all.")
    private int rate;

    @Option(names = "--careless", description = "As lab torture --careless-retry.")
    private boolean careless;

    @Option(names = "--logs", required = true, paramLabel = "DIR", description = "For what each was told.")
    private Path logs;

    @Override
    public Integer call() {
        RecordRun run = new RecordRun(application, host, clients, rate, careless, logs);
        FutureTask<RecordReport> work = new FutureTask<>(run::run);
        Thread.ofPlatform().name("records").start(work);
        Thread.ofPlatform().daemon().name("input").start(() -> stopWhenInputEnds(run));
        PrintWriter out = spec.commandLine().getOut();
        while (true) {
            try {
                RecordReport report = work.get(PROGRESS_MS, TimeUnit.MILLISECONDS);
                tell(out, report);
                return report.complaints().isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
            } catch (TimeoutException e) {
                tell(out, run.report());
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Problem problem ? problem : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                run.stop();
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private static void tell(PrintWriter out, RecordReport report) {
        out.println(io.gemel.protocol.wire.Json.write(RecordReport.class, report));
    }

    private static void stopWhenInputEnds(RecordRun run) {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // An input that breaks has ended.
        }
        run.stop();
    }
}
