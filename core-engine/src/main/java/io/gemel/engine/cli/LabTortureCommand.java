package io.gemel.engine.cli;

import io.gemel.engine.lab.endurance.Endurance;
import io.gemel.engine.lab.endurance.EnduranceOptions;
import io.gemel.engine.lab.endurance.FaultKind;
import io.gemel.protocol.model.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel lab torture}: faults at random under clients that number their records. */
@Command(
        name = "torture",
        description = "Kill, cut, freeze and fill at random under clients that number their records; then ask for every"
                + " confirmed one. Exit codes: 0 passed, 1 failed.")
final class LabTortureCommand implements Callable<Integer> {

    /** Seeds that are chosen here stay short, to be typed again. */
    private static final long MAX_SEED = 1_000_000;

    @Spec
    private CommandSpec spec;

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "torture", description = "Of the lab that is made.")
    private String name;

    @Option(
            names = "--app",
            paramLabel = "APPLICATION",
            defaultValue = "journal",
            description = "journal (comes with Gemel), postgresql or mariadb (must be installed).")
    private String application;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long faults come, also with a fraction (default: ${DEFAULT-VALUE}).")
    private double minutes;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Decides the faults; with an odd one a power cut takes what was not fsynced, with an even one"
                    + " disks are filled now and then (default: by lot).")
    private Long seed;

    @Option(
            names = "--without",
            split = ",",
            paramLabel = "FAULT",
            description = "Leave such faults out of the seed's plan: ${COMPLETION-CANDIDATES}.")
    private List<FaultKind> without = List.of();

    @Option(
            names = "--careless-retry",
            description = "Clients of a database take a row that is there for a confirmation when they try again: with"
                    + " MariaDB that loses records, see the module's README.")
    private boolean careless;

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            defaultValue = "/var/tmp/gemel-torture",
            description = "Where the history is put (default: ${DEFAULT-VALUE}).")
    private Path keep;

    @Override
    public Integer call() {
        if (minutes <= 0) {
            throw new Problem("--minutes " + minutes, "use a number above 0");
        }
        EnduranceOptions options = new EnduranceOptions(
                name,
                application,
                Duration.ofMillis((long) (minutes * 60_000)),
                seed == null ? ThreadLocalRandom.current().nextLong(MAX_SEED) : seed,
                Set.copyOf(without),
                careless,
                keep.toAbsolutePath());
        return new Endurance(options, spec.commandLine().getOut()).run() ? ExitCode.OK : ExitCode.REFUSED;
    }
}
