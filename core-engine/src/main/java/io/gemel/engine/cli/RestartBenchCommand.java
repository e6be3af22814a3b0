package io.gemel.engine.cli;

import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.demo.RestartTrial;
import io.gemel.protocol.model.Problem;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench restart}. Exit codes: 0 well, 1 the application met an error or the other node took over. */
@Command(
        name = "restart",
        description = "Kill the engine of the primary under PostgreSQL and pgbench again and again; tell each pause.")
final class RestartBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--kills",
            defaultValue = "10",
            paramLabel = "N",
            description = "How often (default: ${DEFAULT-VALUE}).")
    private int kills;

    @Option(
            names = "--seconds",
            defaultValue = "60",
            paramLabel = "S",
            description = "How long pgbench runs; the kills are spread over it (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--detection",
            defaultValue = "3000",
            paramLabel = "MS",
            description = "When a silent node counts as lost, in milliseconds (default: ${DEFAULT-VALUE}).")
    private long detectionMs;

    @Option(
            names = "--name",
            defaultValue = "restart",
            paramLabel = "NAME",
            description = "Which lab (default: ${DEFAULT-VALUE}).")
    private String name;

    @Override
    public Integer call() {
        if (kills < 1 || seconds < 2 * kills) {
            throw new Problem(kills + " kills in " + seconds + " s", "use 1 or more, and 2 s for each");
        }
        LabOptions options = LabOptions.standard().withName(name).withDetection(Duration.ofMillis(detectionMs));
        boolean good =
                new RestartTrial(options, kills, seconds, spec.commandLine().getOut()).run();
        return good ? ExitCode.OK : ExitCode.REFUSED;
    }
}
