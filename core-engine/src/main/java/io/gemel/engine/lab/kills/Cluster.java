package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabDisk;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The lab of the kill matrix: two nodes, one mirror module, and the commands that a person could type. */
final class Cluster implements AutoCloseable {

    static final String MODULE = "app";
    static final String DIRECTORY = "/srv/app";

    /** The network of the link; heartbeats pass another one as well. */
    static final String REPLICATION = "lan";

    static final List<String> NODES = List.of("n1", "n2");

    /** In a node, where the load writes its process id for {@code stop_prim}. */
    static final String LOAD_PID = "/run/gemel/load.pid";

    private static final Duration COMMAND = Duration.ofMinutes(2);
    private static final Duration DETECTION = Duration.ofSeconds(2);
    private static final long DISK_BYTES = 1L << 30;

    /** An application's script must leave no process of it behind. */
    private static final String STOP_PRIM = """
            #!/bin/sh
            pid=$(cat %1$s 2>/dev/null) || exit 0
            kill -KILL "$pid" 2>/dev/null
            while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
            rm -f %1$s
            """.formatted(LOAD_PID);

    final Lab lab;

    private Cluster(Lab lab) {
        this.lab = lab;
    }

    static Cluster up(KillOptions options, Path work) throws IOException {
        Lab.down(options.lab());
        Path module = Files.createDirectories(work.resolve(MODULE));
        Files.write(
                module.resolve("module.toml"),
                List.of(
                        "[module]",
                        "mode = \"mirror\"",
                        "[replication]",
                        "directories = [\"" + DIRECTORY + "\"]",
                        "sync = \"" + (options.syncOnFsync() ? "fsync" : "write") + "\""));
        Path script = Files.createDirectories(module.resolve("bin")).resolve("stop_prim");
        Files.writeString(script, STOP_PRIM);
        if (!script.toFile().setExecutable(true)) {
            throw new Problem(script + " cannot be made executable", "look at its file system");
        }
        LabDisk disk = new LabDisk(DISK_BYTES, "ext4").withPowerLoss();
        return new Cluster(Lab.up(LabOptions.standard()
                .withName(options.lab())
                .withNetworks(List.of(REPLICATION, "beats"))
                .withDetection(DETECTION)
                .withDisk(disk)
                .withModules(List.of(module))));
    }

    /** What a command in a node said; of a node that is off, that it is off. */
    ExecResult run(String node, String... command) {
        try {
            return lab.exec(COMMAND, node, List.of(command));
        } catch (Problem e) {
            return new ExecResult(1, "", e.what());
        }
    }

    ExecResult gemel(String node, String... words) {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(Arrays.asList(words));
        return run(node, command.toArray(new String[0]));
    }

    /** What a node says of itself; empty when its engine does not answer. */
    Optional<NodeState> state(String node) {
        return lab.engineSays(node, MODULE, node);
    }

    static String other(String node) {
        return node.equals(NODES.getFirst()) ? NODES.getLast() : NODES.getFirst();
    }

    /** A program of this package, for {@code bash -c} in the mirrored directory of a node. */
    static List<String> program(Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "exec",
                quoted(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-UsePerfData",
                "-Xmx96m",
                "-cp",
                quoted(classPath()),
                main.getName()));
        Stream.of(arguments).map(argument -> quoted(argument.toString())).forEach(command::add);
        return List.of("bash", "-c", "cd " + DIRECTORY + " && " + String.join(" ", command));
    }

    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.isBlank())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    /** Everything of the mirrored tree that must be the same on both nodes, a line each. */
    List<String> manifest(String node) {
        ExecResult result = run(node, program(Manifest.class).toArray(new String[0]));
        if (!result.ok()) {
            return List.of("cannot be listed: " + result.whatItSaid());
        }
        // Where a file has holes is not compared: the kernel shows what its page cache happens to hold.
        return result.out()
                .lines()
                .map(line -> line.replaceFirst(" data=\\S*$", ""))
                .toList();
    }

    /** Characters of a node's engine log, to read from later. */
    long logEnd(String node) {
        try {
            return Files.size(lab.engineLog(node));
        } catch (IOException e) {
            return 0;
        }
    }

    /** Lines of a node's engine log since a place in it. */
    List<String> logSince(String node, long start) {
        try {
            byte[] all = Files.readAllBytes(lab.engineLog(node));
            int from = (int) Math.min(start, all.length);
            return new String(all, from, all.length - from, java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        lab.close();
    }
}
