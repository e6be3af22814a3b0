package io.gemel.engine.cli;

import io.gemel.engine.control.ControlSettings;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.clients.EventLatency;
import io.gemel.engine.lab.clients.FleetCost;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench control}. Exit codes: 0 well, 1 something was not heard, or later than it should be. */
@Command(
        name = "control",
        description = "How soon clients hear of an event, in a lab; what a client of many clusters costs.")
final class ControlBenchCommand implements Callable<Integer> {

    private static final int MOST_CLUSTERS = 4_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--sessions",
            split = ",",
            defaultValue = "1,64",
            paramLabel = "N",
            description = "How many at once, one measurement each; 0: none (default: ${DEFAULT-VALUE}).")
    private List<Integer> sessions;

    @Option(
            names = "--events",
            defaultValue = "400",
            paramLabel = "N",
            description = "How many in each measurement (default: ${DEFAULT-VALUE}).")
    private int events;

    @Option(
            names = "--clusters",
            defaultValue = "1000",
            paramLabel = "N",
            description = "How many one client process looks at; 0: none (default: ${DEFAULT-VALUE}).")
    private int clusters;

    @Option(
            names = "--seconds",
            defaultValue = "60",
            paramLabel = "S",
            description = "For how long (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--name",
            defaultValue = "control",
            paramLabel = "NAME",
            description = "Which lab (default: ${DEFAULT-VALUE}).")
    private String name;

    @Override
    public Integer call() {
        int most = ControlSettings.Limits.STANDARD.sessions();
        if (sessions.stream().anyMatch(count -> count < 0 || count > most)) {
            throw new Problem("a node takes " + most + " sessions", "--sessions 1," + most);
        }
        if (clusters < 0 || clusters > MOST_CLUSTERS || events < 1 || seconds < 1) {
            throw new Problem(
                    clusters + " clusters, " + events + " events, " + seconds + " s",
                    "use up to " + MOST_CLUSTERS + " clusters, 1 event and 1 s or more");
        }
        PrintWriter out = spec.commandLine().getOut();
        List<Integer> some = sessions.stream().filter(count -> count > 0).toList();
        LabOptions options = LabOptions.standard().withName(name);
        boolean good = some.isEmpty() || new EventLatency(options, some, events, out).run();
        if (clusters > 0) {
            good &= new FleetCost(clusters, seconds, out).run();
        }
        return good ? ExitCode.OK : ExitCode.REFUSED;
    }
}
