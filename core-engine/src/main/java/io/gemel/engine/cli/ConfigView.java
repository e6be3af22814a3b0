package io.gemel.engine.cli;

import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.module.Configuration;
import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.VirtualIp;
import io.gemel.engine.module.WitnessConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The configuration in effect, for people and for scripts. */
final class ConfigView {

    private ConfigView() {}

    static List<String> lines(Configuration configuration) {
        ClusterConfig cluster = configuration.cluster();
        List<String> lines = new ArrayList<>();
        lines.add("cluster " + cluster.name() + "   a silent node counts as lost after "
                + cluster.detection().toMillis() + " ms");
        lines.add("id " + cluster.id().orElse("none: no device can reach it"));
        Table networks = new Table("NETWORK", "REPLICATION", "ENCRYPTION");
        cluster.networks()
                .forEach(network -> networks.row(
                        network.name(), network.replication() ? "yes" : "-", network.encrypted() ? "on" : "off"));
        Table nodes = new Table("NODE", "PORT", "ADDRESSES", "KEY");
        cluster.nodes()
                .forEach(node -> nodes.row(
                        node.name(), Integer.toString(node.port()), addresses(node), "sha256:" + node.keyHash()));
        lines.add("");
        lines.addAll(networks.lines());
        lines.add("");
        lines.addAll(nodes.lines());
        lines.add("");
        lines.add("witnesses: "
                + words(cluster.witnesses().stream()
                        .map(WitnessConfig::toString)
                        .toList()));
        for (ModuleConfig module : configuration.modules()) {
            lines.add("");
            lines.addAll(module(module));
        }
        return lines;
    }

    private static String addresses(ClusterConfig.Node node) {
        return String.join(
                " ",
                node.addresses().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue().getHostAddress())
                        .toList());
    }

    private static List<String> module(ModuleConfig module) {
        ModuleConfig.Replication replication = module.replication();
        Table table = new Table("MODULE " + module.name(), module.mode().word());
        table.row(
                "directories",
                words(replication.directories().stream().map(Path::toString).toList()));
        table.row("sync", replication.sync().word());
        table.row("exclude", words(replication.excludePatterns()));
        long rate = replication.resyncBytesPerSecond();
        table.row("resync bandwidth", rate == 0 ? "no limit" : rate + " bytes/s");
        table.row(
                "virtual IPs",
                words(module.virtualIps().stream()
                        .map(virtualIp -> virtualIp + " " + place(virtualIp))
                        .toList()));
        table.row("services", words(module.services()));
        table.row(
                "default primary",
                module.defaultPrimary()
                        .map(primary -> primary.node() + ", gets the role back when READY for "
                                + primary.after().toSeconds() + " s")
                        .orElse("-"));
        table.row("script timeout", module.scriptTimeout().toSeconds() + " s");
        SurveillanceView.rows(module.surveillance(), table);
        return table.lines();
    }

    private static String words(List<String> words) {
        return words.isEmpty() ? "-" : String.join(", ", words);
    }

    private static String place(VirtualIp virtualIp) {
        return switch (virtualIp.place()) {
            case VirtualIp.OnNetwork(String network) -> "on network " + network;
            case VirtualIp.OnInterface(String name) -> "on interface " + name;
            case VirtualIp.BySubnet() -> "on the interface of its subnet";
        };
    }

    static Map<String, Object> tree(Configuration configuration) {
        ClusterConfig cluster = configuration.cluster();
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("cluster", cluster.name());
        tree.put("id", cluster.id().orElse(null));
        tree.put("detectionMs", cluster.detection().toMillis());
        tree.put("networks", cluster.networks().stream().map(ConfigView::tree).toList());
        tree.put("nodes", cluster.nodes().stream().map(ConfigView::tree).toList());
        tree.put(
                "witnesses",
                cluster.witnesses().stream().map(WitnessConfig::toString).toList());
        tree.put(
                "modules",
                configuration.modules().stream().map(ConfigView::tree).toList());
        return tree;
    }

    private static Map<String, Object> tree(ClusterConfig.Network network) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", network.name());
        tree.put("replication", network.replication());
        tree.put("encryption", network.encrypted());
        return tree;
    }

    private static Map<String, Object> tree(ClusterConfig.Node node) {
        Map<String, Object> addresses = new LinkedHashMap<>();
        node.addresses().forEach((network, address) -> addresses.put(network, address.getHostAddress()));
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", node.name());
        tree.put("key", "sha256:" + node.keyHash());
        tree.put("port", node.port());
        tree.put("addresses", addresses);
        return tree;
    }

    private static Map<String, Object> tree(ModuleConfig module) {
        ModuleConfig.Replication replication = module.replication();
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", module.name());
        tree.put("mode", module.mode().word());
        tree.put(
                "directories",
                replication.directories().stream().map(Path::toString).toList());
        tree.put("sync", replication.sync().word());
        tree.put("exclude", replication.excludePatterns());
        tree.put("resyncBytesPerSecond", replication.resyncBytesPerSecond());
        tree.put(
                "virtualIps",
                module.virtualIps().stream().map(VirtualIp::toString).toList());
        tree.put("services", module.services());
        module.defaultPrimary().ifPresent(primary -> {
            tree.put("defaultPrimary", primary.node());
            tree.put("swapBackAfterMs", primary.after().toMillis());
        });
        tree.put("scriptTimeoutMs", module.scriptTimeout().toMillis());
        SurveillanceView.into(tree, module.surveillance());
        return tree;
    }
}
