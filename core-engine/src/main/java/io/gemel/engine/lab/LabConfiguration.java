package io.gemel.engine.lab;

import io.gemel.engine.control.RootKey;
import io.gemel.engine.module.Configuration;
import io.gemel.engine.net.NodeKey;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a lab writes into /etc/gemel of its nodes: the cluster with the nodes' real keys, and the modules. */
final class LabConfiguration {

    /** A mirror has two; a lab of other sizes gets no configuration, and so no engine. */
    static final int CLUSTER_NODES = 2;

    /** Where a node keeps its key. */
    private static final Path KEY = Path.of("/var/lib/gemel/key");

    private final LabOptions options;
    private final LabNames names;

    LabConfiguration(LabOptions options, LabNames names) {
        this.options = options;
        this.names = names;
    }

    /** Refuses what can be known to be wrong before anything is made. */
    void check() {
        if (options.engine() && options.nodes() != CLUSTER_NODES) {
            throw new Problem(
                    "a cluster has " + CLUSTER_NODES + " nodes, not " + options.nodes(),
                    "leave --nodes out, or make only the namespaces with --no-engine");
        }
        for (Path module : options.modules()) {
            if (!Files.isRegularFile(module.resolve("module.toml"))) {
                throw new Problem(
                        "there is no module in " + module + ": it has no module.toml",
                        "give the folder that holds module.toml and bin/");
            }
        }
    }

    /** Makes the keys and the files, and checks them as an engine would; a {@link Problem} lists every mistake. */
    void prepare(List<String> nodes) {
        if (nodes.size() != CLUSTER_NODES) {
            return;
        }
        List<String> keys = nodes.stream()
                .map(node -> NodeKey.loadOrCreate(prepared(node).resolve("key")).keyHash())
                .toList();
        String id =
                RootKey.loadOrCreate(prepared(nodes.getFirst()).resolve("key")).id();
        try {
            Files.createDirectories(etc().resolve("modules"));
            Files.writeString(etc().resolve("cluster.toml"), clusterToml(id, nodes, keys));
            for (Path module : options.modules()) {
                copy(
                        module,
                        etc().resolve("modules")
                                .resolve(module.toAbsolutePath().normalize().getFileName()));
            }
        } catch (IOException e) {
            throw new Problem("the configuration cannot be written: " + e, "look at " + etc(), e);
        }
        Configuration.load(etc());
    }

    /**
     * Puts key and files into a node that has just been switched on for the first time, and makes the directories that
     * its modules protect, where they are the node's own: a lab begins with empty applications.
     */
    void install(String node, Path root, List<Path> privatePaths) {
        if (!Files.exists(etc())) {
            return;
        }
        try {
            copy(etc(), inside(root, Configuration.DEFAULT_DIRECTORY));
            copy(prepared(node).resolve("key"), inside(root, KEY));
            for (Path directory : protectedDirectories()) {
                if (privatePaths.stream().anyMatch(directory::startsWith)) {
                    Files.createDirectories(inside(root, directory));
                }
            }
        } catch (IOException e) {
            throw new Problem("node " + node + " cannot be configured: " + e, "look at " + names.nodeHome(node), e);
        }
    }

    private List<Path> protectedDirectories() {
        return Configuration.load(etc()).modules().stream()
                .flatMap(module -> module.replication().directories().stream())
                .toList();
    }

    private static Path inside(Path root, Path path) {
        return Path.of(root.toString() + path);
    }

    private Path etc() {
        return names.home().resolve("etc");
    }

    private Path prepared(String node) {
        return names.nodeHome(node);
    }

    private String clusterToml(String id, List<String> nodes, List<String> keys) {
        StringBuilder toml = new StringBuilder();
        toml.append("[cluster]\nname = \"").append(options.name()).append("\"\n");
        toml.append("id = \"").append(id).append("\"\n");
        toml.append("detection = \"").append(options.detection().toMillis()).append("ms\"\n");
        for (String network : options.networks()) {
            toml.append("\n[[network]]\nname = \"").append(network).append("\"\n");
            toml.append("encryption = \"")
                    .append(options.encryption() ? "on" : "off")
                    .append("\"\n");
        }
        for (int i = 0; i < nodes.size(); i++) {
            List<String> addresses = new ArrayList<>();
            for (String network : options.networks()) {
                String address = LabNames.address(options.networks(), network, nodes.get(i));
                addresses.add(network + " = \"" + address + "\"");
            }
            toml.append("\n[[node]]\nname = \"").append(nodes.get(i)).append("\"\n");
            toml.append("key = \"").append(keys.get(i)).append("\"\n");
            toml.append("addresses = { ").append(String.join(", ", addresses)).append(" }\n");
        }
        return toml.toString();
    }

    /** Copies a tree with its modes. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (!Files.isDirectory(file) || Files.notExists(copy)) {
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
