package io.gemel.engine.cli;

import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.demo.Demo;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel demo}. */
@Command(
        name = "demo",
        description = "See it work on this machine: two nodes, an application, clients, a killed primary, a swap.")
final class DemoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private LabCommand.Name name;

    @Option(
            names = "--app",
            paramLabel = "APPLICATION",
            defaultValue = "journal",
            description = "journal (comes with Gemel), postgresql or mariadb (must be installed).")
    private String application;

    @Option(names = "--once", description = "End after the proof; exit code 1 when anything was lost.")
    private boolean once;

    @Override
    public Integer call() {
        LabOptions options = LabOptions.standard().withName(name.value);
        boolean good = new Demo(options, application, once, spec.commandLine().getOut()).run();
        return good ? ExitCode.OK : ExitCode.REFUSED;
    }
}
