package io.gemel.engine.cli;

import io.gemel.engine.lab.bench.Bench;
import io.gemel.engine.lab.bench.BenchOptions;
import io.gemel.engine.lab.bench.Setup;
import io.gemel.protocol.model.Problem;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench}. Exit codes: 0 everything was measured, 1 something failed. */
@Command(
        name = "bench",
        subcommands = {
            ResyncBenchCommand.class,
            FailoverBenchCommand.class,
            ModulesBenchCommand.class,
            RestartBenchCommand.class,
            ControlBenchCommand.class,
            ControlClientsCommand.class,
            ProbeCommand.class
        },
        description = "Measure Gemel against the bare file system, a peer product and the limit, in a lab.")
final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--quick", description = "A few seconds a workload: shows that it works, not how fast.")
    private boolean quick;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description = "Only these workloads: fio, files, pgbench, sysbench.")
    private Set<String> workloads = Set.of();

    @Option(
            names = "--setup",
            split = ",",
            paramLabel = "NAME",
            description = "Only these beside native: alone, write, fsync, write-plain, fsync-plain, gluster, limit.")
    private Set<String> setups = Set.of();

    @Option(names = "--out", paramLabel = "FILE.md", description = "Write the table here, and JSON beside it.")
    private Path out;

    @Override
    public Integer call() {
        known(workloads, Set.of("fio", "files", "pgbench", "sysbench"), "workload");
        known(setups, Set.copyOf(Setup.ids()), "setup");
        BenchOptions options = new BenchOptions(quick, workloads, setups, Optional.ofNullable(out));
        return new Bench(options, spec.commandLine().getOut()).run() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private static void known(Set<String> asked, Set<String> names, String what) {
        for (String name : asked) {
            if (!names.contains(name)) {
                throw new Problem(
                        "there is no " + what + " \"" + name + "\"",
                        "use one of "
                                + String.join(", ", names.stream().sorted().toList()));
            }
        }
    }
}
