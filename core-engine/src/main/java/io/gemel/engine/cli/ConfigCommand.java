package io.gemel.engine.cli;

import io.gemel.protocol.wire.Messages;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gemel config check|show}. */
@Command(name = "config", description = "Check or show the configuration.")
final class ConfigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "config what? check or show");
    }

    /** Whose configuration, and how it is printed. */
    static final class Asked {
        @Option(
                names = "--etc",
                paramLabel = "DIR",
                defaultValue = "/etc/gemel",
                description = "Directory of the configuration (default: ${DEFAULT-VALUE}).")
        private Path etc;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private Reach reach;

        @Mixin
        private OneNode node;

        private ConfigurationText text() {
            if (!reach.isRemote()) {
                node.refuseHere();
                return ConfigurationText.of(etc);
            }
            Messages.Seen seen = node.look(reach, new Messages.Look(Messages.Look.What.CONFIGURATION, 0, 0, ""));
            return io.gemel.protocol.wire.Json.read(ConfigurationText.class, seen.text());
        }
    }

    @Command(
            name = "check",
            description = {
                "Report every mistake in the configuration, with file, line and column,",
                "and what on this machine does not fit it. Exit code 1 when there is a mistake."
            })
    int check(@Mixin Asked asked) {
        ConfigurationText text = asked.text();
        spec.commandLine().getOut().println(asked.json ? text.checkJson() : text.check());
        return text.isUsable() ? ExitCode.OK : ExitCode.REFUSED;
    }

    @Command(name = "show", description = "Show the configuration in effect, defaults included.")
    int show(@Mixin Asked asked) {
        spec.commandLine().getOut().println(asked.text().shown(asked.json));
        return ExitCode.OK;
    }
}
