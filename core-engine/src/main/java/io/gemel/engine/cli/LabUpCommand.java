package io.gemel.engine.cli;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabDisk;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.LabState;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel lab up}. */
@Command(name = "up", description = "Make a lab: nodes in namespaces, joined by a switch, an engine in each.")
final class LabUpCommand implements Callable<Integer> {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s|m)");

    @Spec
    private CommandSpec spec;

    @Mixin
    private LabCommand.Name name;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(names = "--module", paramLabel = "DIR", description = "A module's folder, copied to every node.")
    private List<Path> modules = List.of();

    @Option(names = "--private", paramLabel = "PATH", description = "A path that is another directory on each node.")
    private List<Path> privatePaths = List.of();

    @Option(
            names = "--networks",
            paramLabel = "NAMES",
            split = ",",
            defaultValue = "lan",
            description = "Networks that join the nodes; the client is on the first (default: ${DEFAULT-VALUE}).")
    private List<String> networks;

    @Option(names = "--encryption", paramLabel = "on|off", defaultValue = "on", description = "Of the node link.")
    private String encryption;

    @Option(
            names = "--detection",
            paramLabel = "TIME",
            defaultValue = "3s",
            description = "After how long a silent node is lost (default: ${DEFAULT-VALUE}).")
    private String detection;

    @Option(
            names = "--disk",
            paramLabel = "SIZE[:FS]",
            description = "Give each node a disk of its own, such as 512M or 2G:xfs.")
    private String disk;

    @Option(
            names = "--volatile",
            description = "The disks lose in a power cut (lab kill) what was not fsynced; with --disk.")
    private boolean losesPower;

    @Option(names = "--no-engine", description = "Only the namespaces: no engine is started.")
    private boolean noEngine;

    @Override
    public Integer call() {
        LabOptions options = new LabOptions(
                name.value,
                nodes,
                modules.stream().map(Path::toAbsolutePath).toList(),
                privatePaths,
                networks,
                onOff(encryption),
                duration(detection),
                disk(),
                !noEngine);
        LabState state = Lab.up(options).state();
        PrintWriter out = spec.commandLine().getOut();
        String which = options.name().equals("lab") ? "" : " --name " + options.name();
        out.println("lab \"" + options.name() + "\" is up: "
                + String.join(
                        ", ",
                        state.nodes().stream()
                                .map(node ->
                                        node.node() + " " + node.addresses().getFirst())
                                .toList()));
        out.println("  next: gemel lab exec" + which + " n1 -- gemel state");
        out.println("        gemel lab down" + which);
        return ExitCode.OK;
    }

    private Optional<LabDisk> disk() {
        if (losesPower && disk == null) {
            throw new Problem("--volatile is about disks of the nodes' own", "give their size as well: --disk 1G");
        }
        return Optional.ofNullable(disk).map(LabDisk::parse).map(d -> losesPower ? d.withPowerLoss() : d);
    }

    private static boolean onOff(String text) {
        return switch (text) {
            case "on" -> true;
            case "off" -> false;
            default -> throw new Problem("--encryption " + text + " is not understood", "write on or off");
        };
    }

    /** Reads {@code 500ms}, {@code 3s} or {@code 1m}. */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new Problem("\"" + text + "\" is not a time", "write it like 500ms, 3s or 2m");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
        };
    }
}
