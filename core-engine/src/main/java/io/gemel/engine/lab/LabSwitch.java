package io.gemel.engine.lab;

import io.gemel.engine.lab.LabRecord.Cut;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The switch that joins a lab's members: a network namespace of its own with one bridge a network, so that nothing is
 * added to this machine's own network, and labs with the same addresses stand side by side.
 */
final class LabSwitch {

    private final LabNames names;
    private final List<String> networks;

    LabSwitch(LabNames names, List<String> networks) {
        this.names = names;
        this.networks = networks;
    }

    void make() {
        addNamespace(names.switchNamespace());
        for (String network : networks) {
            String bridge = LabNames.bridge(network);
            // No snooping: a farm's multicast frames must reach every node, with or without an IGMP querier.
            inSwitch(
                    "link",
                    "add",
                    bridge,
                    "type",
                    "bridge",
                    "stp_state",
                    "0",
                    "forward_delay",
                    "0",
                    "mcast_snooping",
                    "0");
            inSwitch("link", "set", bridge, "up");
        }
        nft("add table bridge gemel; "
                + "add chain bridge gemel forward { type filter hook forward priority 0; policy accept; }");
    }

    /** Makes a member's network namespace and plugs it into the switch: a node everywhere, the client on the first. */
    void plug(String member) {
        String namespace = names.namespace(member);
        addNamespace(namespace);
        Tool.must("ip", "-n", namespace, "link", "set", "lo", "up");
        List<String> joined = member.equals(LabNames.CLIENT) ? networks.subList(0, 1) : networks;
        for (String network : joined) {
            String port = LabNames.port(member, network);
            String device = LabNames.device(networks, network);
            String hardware = LabNames.hardwareAddress(networks, network, member);
            inSwitch(
                    "link", "add", port, "type", "veth", "peer", "name", device, "address", hardware, "netns",
                    namespace);
            inSwitch("link", "set", port, "master", LabNames.bridge(network), "up");
            String address = LabNames.address(networks, network, member) + "/24";
            Tool.must("ip", "-n", namespace, "address", "add", address, "dev", device);
            Tool.must("ip", "-n", namespace, "link", "set", device, "up");
        }
    }

    /** Pulls a member's cables where they are in the switch: nothing that it still does is seen outside. */
    void silence(String member) {
        for (String network : networks) {
            inSwitch("link", "set", LabNames.port(member, network), "down");
        }
    }

    /** Pulls a member's cables and forgets its namespace; does nothing where there are none. */
    void unplug(String member) {
        if (exists(names.switchNamespace())) {
            for (String network : networks) {
                Tool.attempt("ip", "-n", names.switchNamespace(), "link", "del", LabNames.port(member, network));
            }
        }
        removeNamespace(names.namespace(member));
    }

    void remove() {
        removeNamespace(names.switchNamespace());
    }

    /**
     * Drops exactly what is listed, from now on, in one transaction, so there is no moment between two states; pulls the
     * cables that are listed.
     */
    void apply(List<Cut> cuts) {
        StringBuilder rules = new StringBuilder("flush chain bridge gemel forward; ");
        for (Cut cut : cuts) {
            if (cut.ofCable()) {
                // There is none where the member is off.
                Tool.attempt("ip", "-n", names.switchNamespace(), "link", "set", port(cut), "down");
                continue;
            }
            rules.append("add rule bridge gemel forward iifname \"")
                    .append(LabNames.port(cut.from(), cut.network()))
                    .append("\" oifname \"")
                    .append(LabNames.port(cut.to(), cut.network()))
                    .append("\" drop; ");
        }
        nft(rules.toString());
    }

    /** The cable of a cut that is mended. */
    void plugIn(Cut cut) {
        Tool.attempt("ip", "-n", names.switchNamespace(), "link", "set", port(cut), "up");
    }

    private static String port(Cut cut) {
        return LabNames.port(cut.from(), cut.network());
    }

    private void nft(String rules) {
        Tool.must("ip", "netns", "exec", names.switchNamespace(), "nft", rules);
    }

    private void inSwitch(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "-n", names.switchNamespace()));
        command.addAll(List.of(arguments));
        Tool.must(command);
    }

    static boolean exists(String namespace) {
        return Files.exists(LabNames.NAMESPACES.resolve(namespace));
    }

    private static void addNamespace(String namespace) {
        Tool.must("ip", "netns", "add", namespace);
    }

    private static void removeNamespace(String namespace) {
        if (exists(namespace)) {
            Tool.must("ip", "netns", "del", namespace);
        }
    }
}
