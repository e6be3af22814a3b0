package io.gemel.engine.cli;

import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.demo.FailoverTrial;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench failover}. */
@Command(
        name = "failover",
        description = "Kill the primary under clients again and again, and tell how long they waited.")
final class FailoverBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--runs",
            defaultValue = "20",
            paramLabel = "N",
            description = "How often (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--detection",
            defaultValue = "3000",
            paramLabel = "MS",
            description = "When a silent node counts as lost, in milliseconds (default: ${DEFAULT-VALUE}).")
    private long detectionMs;

    @Option(
            names = "--name",
            defaultValue = "failover",
            paramLabel = "NAME",
            description = "Which lab (default: ${DEFAULT-VALUE}).")
    private String name;

    @Override
    public Integer call() {
        LabOptions options = LabOptions.standard().withName(name).withDetection(Duration.ofMillis(detectionMs));
        return new FailoverTrial(options, runs, spec.commandLine().getOut()).run() ? ExitCode.OK : ExitCode.REFUSED;
    }
}
