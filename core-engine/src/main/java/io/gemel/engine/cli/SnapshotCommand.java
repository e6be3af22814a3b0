package io.gemel.engine.cli;

import io.gemel.engine.support.Snapshot;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel snapshot}: one file for whoever is to help. */
@Command(
        name = "snapshot",
        description = "Put logs, state, configuration and the facts of this node into one file for support, without"
                + " secrets.")
final class SnapshotCommand implements Callable<Integer> {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The file that is made (default: gemel-snapshot-HOST-TIME.zip in this directory).")
    private Path out;

    @Option(names = "--log", paramLabel = "FILE", description = "Take this log too, such as the application's.")
    private List<Path> logs = List.of();

    @Option(names = "--etc", paramLabel = "DIR", defaultValue = "/etc/gemel", hidden = true)
    private Path etc;

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "/var/lib/gemel", hidden = true)
    private Path data;

    @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", hidden = true)
    private Path run;

    @Override
    public Integer call() {
        Path file = (out == null ? Path.of("gemel-snapshot-" + host() + "-" + time() + ".zip") : out).toAbsolutePath();
        new Snapshot(etc, data, run, logs).write(file, VersionCommand.version());
        spec.commandLine().getOut().println(file);
        spec.commandLine()
                .getOut()
                .println(
                        "  next: look through it before you send it; it tells names, addresses and what runs on this node");
        return ExitCode.OK;
    }

    private static String time() {
        return ZonedDateTime.now(ZoneOffset.UTC).format(TIME);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "node";
        }
    }
}
