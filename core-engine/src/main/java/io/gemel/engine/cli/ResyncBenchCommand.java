package io.gemel.engine.cli;

import io.gemel.engine.lab.bench.ResyncBench;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench resync}. */
@Command(
        name = "resync",
        description = "Measure how long a node takes to come back, and what is sent to it, beside rsync.")
final class ResyncBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--files",
            defaultValue = "200000",
            paramLabel = "N",
            description = "Files in the tree (default: ${DEFAULT-VALUE}).")
    private int files;

    @Option(
            names = "--file-size",
            defaultValue = "2048",
            paramLabel = "MIB",
            description = "Size of the big file in MiB (default: ${DEFAULT-VALUE}).")
    private int fileMebibytes;

    @Option(
            names = "--blocks",
            defaultValue = "1000",
            paramLabel = "N",
            description = "Blocks of 64 KiB that change in it (default: ${DEFAULT-VALUE}).")
    private int blocks;

    @Option(names = "--out", paramLabel = "FILE.md", description = "Write the table here.")
    private Path out;

    @Override
    public Integer call() {
        var options = new ResyncBench.Options(blocks, fileMebibytes, files, Optional.ofNullable(out));
        new ResyncBench(options, spec.commandLine().getOut()).run();
        return ExitCode.OK;
    }
}
