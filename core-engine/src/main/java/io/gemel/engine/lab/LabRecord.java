package io.gemel.engine.lab;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What is known about a lab; written before things are made, so that {@code lab down} can remove what a crash left.
 *
 * @param name the lab's name
 * @param networks names of the networks, the client's first
 * @param privatePaths the paths that are a different directory on each node
 * @param ownDisk whether /srv and the asked-for private paths are on a disk of the node's own
 * @param volatileDisk whether that disk holds all that a node keeps and loses in a power cut what was not flushed
 * @param engine whether each node is to have an engine
 * @param createdPaths what was made on this machine as mount points and goes when the lab goes, innermost first
 * @param nodes the nodes
 * @param cuts what is cut now
 */
public record LabRecord(
        String name,
        List<String> networks,
        List<String> privatePaths,
        boolean ownDisk,
        boolean volatileDisk,
        boolean engine,
        List<String> createdPaths,
        List<Node> nodes,
        List<Cut> cuts) {

    public LabRecord {
        Objects.requireNonNull(name, "name");
        networks = List.copyOf(networks);
        privatePaths = List.copyOf(privatePaths);
        createdPaths = List.copyOf(createdPaths);
        nodes = List.copyOf(nodes);
        cuts = List.copyOf(cuts);
    }

    /** What a lab of which no record is left may still have. */
    static LabRecord stray(String name) {
        List<Node> nodes = IntStream.rangeClosed(1, LabOptions.MAX_NODES)
                .mapToObj(number -> Node.off("n" + number))
                .toList();
        List<String> created = List.of(LabNames.NAMESPACES.toString());
        return new LabRecord(name, List.of(), List.of(), true, true, false, created, nodes, List.of());
    }

    /**
     * A node.
     *
     * @param name {@code n1}, {@code n2}, ...
     * @param initPid the process whose end is the node's power-off; 0 when it is off
     * @param initStart when that process started, in ticks since this machine's start: tells it from a later one
     */
    public record Node(String name, long initPid, long initStart) {

        static Node off(String name) {
            return new Node(name, 0, 0);
        }
    }

    /**
     * Traffic that the switch drops, or a cable that is pulled out of it.
     *
     * @param from sender
     * @param to receiver, or {@link LabNames#SWITCH} when the sender's cable is pulled
     * @param network on which network
     */
    public record Cut(String from, String to, String network) {

        boolean ofCable() {
            return to.equals(LabNames.SWITCH);
        }
    }

    LabRecord withCreatedPaths(List<String> value) {
        return new LabRecord(name, networks, privatePaths, ownDisk, volatileDisk, engine, value, nodes, cuts);
    }

    LabRecord withCuts(List<Cut> value) {
        return new LabRecord(name, networks, privatePaths, ownDisk, volatileDisk, engine, createdPaths, nodes, value);
    }

    LabRecord withNode(Node node) {
        List<Node> changed =
                nodes.stream().map(n -> n.name().equals(node.name()) ? node : n).toList();
        return new LabRecord(name, networks, privatePaths, ownDisk, volatileDisk, engine, createdPaths, changed, cuts);
    }
}
