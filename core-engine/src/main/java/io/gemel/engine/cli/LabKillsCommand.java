package io.gemel.engine.cli;

import io.gemel.engine.lab.kills.KillMatrix;
import io.gemel.engine.lab.kills.KillOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel lab kills}: kills at random instants, and asks for everything that was acknowledged. */
@Command(
        name = "kills",
        description = "Kill engines and nodes and cut their power at random instants, under load; then ask for every"
                + " acknowledged write and flush. Exit codes: 0 nothing was lost, 1 a round failed.")
final class LabKillsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "kills", description = "Of the lab that is made.")
    private String name;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--first",
            paramLabel = "N",
            defaultValue = "1",
            description = "Number of the first round, to repeat one that failed.")
    private int first;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "2",
            description = "Decides everything; an odd one runs the module with sync = \"fsync\".")
    private long seed;

    @Option(
            names = "--only",
            paramLabel = "WORDS",
            split = ",",
            description =
                    "Only such kills and moments: engine, node, power; primary, second, both; mirror, resync, swap.")
    private List<String> only = List.of();

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            defaultValue = "/var/tmp/gemel-kills",
            description = "Where logs and trees of failed rounds are put (default: ${DEFAULT-VALUE}).")
    private Path keep;

    @Override
    public Integer call() {
        KillOptions options = new KillOptions(name, rounds, first, seed, only, keep);
        return new KillMatrix(options, spec.commandLine().getOut()).run() ? ExitCode.OK : ExitCode.REFUSED;
    }
}
