package io.gemel.engine.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gemel completion}: what makes the Tab key work. */
@Command(
        name = "completion",
        description = {"Print a script that completes verbs and options in bash and zsh:", "source <(gemel completion)"
        })
final class CompletionCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine()
                .getOut()
                .println(AutoComplete.bash("gemel", spec.root().commandLine()));
        return ExitCode.OK;
    }
}
