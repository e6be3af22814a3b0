package io.gemel.engine.cli;

import io.gemel.engine.lab.torture.TortureOptions;
import io.gemel.engine.lab.torture.TortureRun;
import io.gemel.engine.lab.torture.Trees;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tries a file system against a plain one, and compares trees. Exit codes: 0 equal, 1 different. */
@Command(name = "torture", description = "Try the replicated file system against a plain one, and compare trees")
public final class TortureCommand {

    private static final long DEFAULT_OPERATIONS = 200_000;

    @Command(
            name = "ops",
            description = "Do the same random operations on a mounted and a plain directory and compare everything")
    int ops(
            @Option(
                            names = "--mounted",
                            required = true,
                            paramLabel = "DIR",
                            description = "a directory of the file system under test")
                    Path mounted,
            @Option(
                            names = "--plain",
                            required = true,
                            paramLabel = "DIR",
                            description = "a directory of a plain file system of the same kind")
                    Path plain,
            @Option(names = "--seed", defaultValue = "1", description = "the same seed repeats a run") long seed,
            @Option(names = "--workers", defaultValue = "4", description = "processes at once") int workers,
            @Option(names = "--operations", defaultValue = "" + DEFAULT_OPERATIONS, description = "in all")
                    long operations,
            @Option(names = "--timeout", defaultValue = "1800", paramLabel = "SECONDS") long timeoutSeconds,
            @Option(names = "--sabotage", defaultValue = "NONE", hidden = true) String sabotage) {
        TortureOptions options = new TortureOptions(
                mounted, plain, seed, workers, operations, Duration.ofSeconds(timeoutSeconds), sabotage);
        return new TortureRun(options, System.out).run() ? 0 : 1;
    }

    @Command(name = "manifest", description = "List a tree with everything that a copy must have, one object a line")
    int manifest(
            @Parameters(paramLabel = "DIR") Path directory,
            @Option(names = "--mtime", defaultValue = "ALL", description = "${COMPLETION-CANDIDATES}")
                    Trees.Times mtime) {
        Trees.manifest(directory, mtime, System.out);
        return 0;
    }

    @Command(name = "compare", description = "Compare two trees")
    int compare(
            @Parameters(paramLabel = "DIR") Path one,
            @Parameters(paramLabel = "DIR") Path other,
            @Option(names = "--mtime", defaultValue = "ALL", description = "${COMPLETION-CANDIDATES}")
                    Trees.Times mtime) {
        return Trees.compare(one, other, mtime, System.out) ? 0 : 1;
    }
}
