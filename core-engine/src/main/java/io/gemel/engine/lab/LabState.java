package io.gemel.engine.lab;

import java.util.List;

/**
 * How a lab is now.
 *
 * @param name the lab's name
 * @param nodes its nodes
 * @param cuts what the switch drops
 */
public record LabState(String name, List<Node> nodes, List<Cut> cuts) {

    public LabState {
        nodes = List.copyOf(nodes);
        cuts = List.copyOf(cuts);
    }

    /**
     * A node of the lab.
     *
     * @param node its name
     * @param power {@code on}, {@code off} or {@code frozen}
     * @param engine whether its engine answers
     * @param addresses its own addresses, one a network
     */
    public record Node(String node, String power, boolean engine, List<String> addresses) {}

    /**
     * Traffic that is dropped, or a cable that is pulled.
     *
     * @param from sender
     * @param to receiver, or {@code switch} when the sender's cable is pulled
     * @param network on which network
     */
    public record Cut(String from, String to, String network) {}
}
