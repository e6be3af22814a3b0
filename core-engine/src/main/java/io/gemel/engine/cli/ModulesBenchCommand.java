package io.gemel.engine.cli;

import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.failover.ManyModules;
import io.gemel.protocol.model.Problem;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench modules}. Exit codes: 0 well, 1 a module was not served, or something was lost. */
@Command(
        name = "modules",
        description = "Many modules on one cluster, half on each node, all written to; one node is killed.")
final class ModulesBenchCommand implements Callable<Integer> {

    private static final int MOST = 32;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--modules",
            defaultValue = "32",
            paramLabel = "N",
            description = "How many (default: ${DEFAULT-VALUE}).")
    private int modules;

    @Option(
            names = "--runs",
            defaultValue = "3",
            paramLabel = "N",
            description = "How often a node is killed (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--name",
            defaultValue = "modules",
            paramLabel = "NAME",
            description = "Which lab (default: ${DEFAULT-VALUE}).")
    private String name;

    @Override
    public Integer call() {
        if (modules < 2 || modules > MOST || runs < 1) {
            throw new Problem(modules + " modules, " + runs + " runs", "use 2 to " + MOST + " modules, 1 run or more");
        }
        LabOptions options = LabOptions.standard().withName(name);
        boolean good =
                new ManyModules(options, modules, runs, spec.commandLine().getOut()).run();
        return good ? ExitCode.OK : ExitCode.REFUSED;
    }
}
