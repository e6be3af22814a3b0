package io.gemel.engine.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What the parts of one lab are called on this machine.
 *
 * @param lab the lab's name
 */
record LabNames(String lab) {

    /** Where the records of all labs are; gone after a restart of the machine, as the labs themselves. */
    static final Path RECORDS = Path.of("/run/gemel-lab");

    /** Where the disks of the nodes of all labs are. */
    static final Path HOMES = Path.of("/var/lib/gemel-lab");

    /** Where {@code ip netns} keeps the names of network namespaces. */
    static final Path NAMESPACES = Path.of("/run/netns");

    /** The client's name in {@code lab cut n1 client}. */
    static final String CLIENT = "client";

    /** What a pulled cable was plugged into, in {@code lab cut n1 switch}. */
    static final String SWITCH = "switch";

    private static final int CLIENT_NUMBER = 250;

    Path record() {
        return RECORDS.resolve(lab).resolve("lab.json");
    }

    Path home() {
        return HOMES.resolve(lab);
    }

    /** Where the commands are that nodes and the client find on their PATH. */
    Path bin() {
        return home().resolve("bin");
    }

    Path nodeHome(String node) {
        return home().resolve(node);
    }

    /** Holds the node's private paths, each under its own name. */
    Path disk(String node) {
        return nodeHome(node).resolve("disk");
    }

    /** The image of a disk of the node's own. */
    Path image(String node) {
        return nodeHome(node).resolve("disk.img");
    }

    /** Where the node, and nobody else, mounts its image. */
    Path imageMount(String node) {
        return nodeHome(node).resolve("own-disk");
    }

    /** The script that the node's first process runs. */
    Path init(String node) {
        return nodeHome(node).resolve("init");
    }

    Path bootLog(String node) {
        return home().resolve(node + ".boot.log");
    }

    /** Where the server of the node's volatile disk writes what it has to say. */
    Path diskLog(String node) {
        return home().resolve(node + ".disk.log");
    }

    Path engineLog(String node) {
        return home().resolve(node + ".engine.log");
    }

    String namespace(String member) {
        return "gemel-" + lab + "-" + member;
    }

    String switchNamespace() {
        return namespace("switch");
    }

    String controlGroup(String node) {
        return "gemel-lab-" + lab + "-" + node;
    }

    static String bridge(String network) {
        return "br-" + network;
    }

    /** A member's socket of the switch; at most 15 characters, as Linux wants. */
    static String port(String member, String network) {
        return member + "-" + network;
    }

    /** The interface of a network inside a node: eth0 is the first. */
    static String device(List<String> networks, String network) {
        return "eth" + networks.indexOf(network);
    }

    /** A member's address on a network, without the prefix length. */
    static String address(List<String> networks, String network, String member) {
        return "10.77." + networks.indexOf(network) + "." + number(member);
    }

    /** A member's hardware address on a network: the same after a power failure, as a real card's. */
    static String hardwareAddress(List<String> networks, String network, String member) {
        return String.format(Locale.ROOT, "02:67:65:6d:%02x:%02x", networks.indexOf(network), number(member));
    }

    private static int number(String member) {
        return member.equals(CLIENT) ? CLIENT_NUMBER : Integer.parseInt(member.substring(1));
    }
}
