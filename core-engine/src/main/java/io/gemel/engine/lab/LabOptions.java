package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a lab shall be like.
 *
 * @param name names the lab; several with different names stand side by side
 * @param nodes how many nodes, called {@code n1}, {@code n2}, ...
 * @param modules folders with a {@code module.toml} and a {@code bin/}, copied to every node
 * @param privatePaths paths that are a different directory on each node, beside the ones that always are
 * @param networks names of the networks that join the nodes; the client is on the first
 * @param encryption whether the node link is encrypted
 * @param detection after how long a silent peer is lost
 * @param disk when present, /srv and the private paths of each node live on a disk of their own of this size
 * @param engine whether an engine is started in each node
 */
public record LabOptions(
        String name,
        int nodes,
        List<Path> modules,
        List<Path> privatePaths,
        List<String> networks,
        boolean encryption,
        Duration detection,
        Optional<LabDisk> disk,
        boolean engine) {

    /** The third octet of an address is the network's, the fourth the node's; above this are the client and virtual IPs. */
    public static final int MAX_NODES = 16;

    /** Networks of one lab. */
    public static final int MAX_NETWORKS = 4;

    private static final String NAME = "[a-z][a-z0-9-]{0,15}";
    private static final String NETWORK = "[a-z][a-z0-9]{0,7}";

    public LabOptions {
        modules = List.copyOf(modules);
        privatePaths = List.copyOf(privatePaths);
        networks = List.copyOf(networks);
        check(name.matches(NAME), "a lab cannot be called \"" + name + "\"", "use up to 16 of a-z, 0-9 and -");
        check(nodes >= 1 && nodes <= MAX_NODES, "a lab of " + nodes + " nodes", "use 1 to " + MAX_NODES);
        check(
                !networks.isEmpty() && networks.size() <= MAX_NETWORKS,
                "a lab of " + networks.size() + " networks",
                "use 1 to " + MAX_NETWORKS);
        for (String network : networks) {
            check(
                    network.matches(NETWORK),
                    "a network cannot be called \"" + network + "\"",
                    "use up to 8 of a-z and 0-9");
        }
        check(
                networks.stream().distinct().count() == networks.size(),
                "two networks have one name",
                "give each a name of its own");
    }

    private static void check(boolean good, String what, String nextStep) {
        if (!good) {
            throw new Problem(what, nextStep);
        }
    }

    /** Two nodes on one network, encrypted, with an engine in each and no module. */
    public static LabOptions standard() {
        return new LabOptions(
                "lab", 2, List.of(), List.of(), List.of("lan"), true, Duration.ofSeconds(3), Optional.empty(), true);
    }

    public LabOptions withName(String value) {
        return new LabOptions(value, nodes, modules, privatePaths, networks, encryption, detection, disk, engine);
    }

    public LabOptions withNodes(int value) {
        return new LabOptions(name, value, modules, privatePaths, networks, encryption, detection, disk, engine);
    }

    public LabOptions withModules(List<Path> value) {
        return new LabOptions(name, nodes, value, privatePaths, networks, encryption, detection, disk, engine);
    }

    public LabOptions withPrivatePaths(List<Path> value) {
        return new LabOptions(name, nodes, modules, value, networks, encryption, detection, disk, engine);
    }

    public LabOptions withNetworks(List<String> value) {
        return new LabOptions(name, nodes, modules, privatePaths, value, encryption, detection, disk, engine);
    }

    public LabOptions withEncryption(boolean value) {
        return new LabOptions(name, nodes, modules, privatePaths, networks, value, detection, disk, engine);
    }

    public LabOptions withDetection(Duration value) {
        return new LabOptions(name, nodes, modules, privatePaths, networks, encryption, value, disk, engine);
    }

    public LabOptions withDisk(LabDisk value) {
        return new LabOptions(
                name, nodes, modules, privatePaths, networks, encryption, detection, Optional.of(value), engine);
    }

    public LabOptions withEngine(boolean value) {
        return new LabOptions(name, nodes, modules, privatePaths, networks, encryption, detection, disk, value);
    }
}
