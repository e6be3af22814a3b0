package io.gemel.engine.cli;

import io.gemel.engine.support.EngineLog;
import io.gemel.protocol.wire.Messages;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel log}: the end of what a node's engine has said. */
@Command(
        name = "log",
        description = {
            "The end of the engine's log, without what looks like a password. What happened to modules, and why, is",
            "shorter in gemel events."
        })
final class LogCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many lines, up to 2000 (default: ${DEFAULT-VALUE}).")
    private int last;

    @Option(names = "--json", description = "Print the lines as a list in JSON.")
    private boolean json;

    @Mixin
    private Reach reach;

    @Mixin
    private OneNode node;

    @Override
    public Integer call() {
        List<String> lines = reach.isRemote() ? remote() : local();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.of(lines));
        } else {
            lines.forEach(out::println);
        }
        return ExitCode.OK;
    }

    private List<String> local() {
        node.refuseHere();
        return new EngineLog(reach.run()).last(last);
    }

    private List<String> remote() {
        return node.look(reach, new Messages.Look(Messages.Look.What.LOG, last, 0, ""))
                .text()
                .lines()
                .toList();
    }
}
