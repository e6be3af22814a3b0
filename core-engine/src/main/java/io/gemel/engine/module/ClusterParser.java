package io.gemel.engine.module;

import io.gemel.engine.module.ClusterConfig.Network;
import io.gemel.engine.module.ClusterConfig.Node;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads {@code cluster.toml}. */
final class ClusterParser {

    static final String FILE = "cluster.toml";
    private static final int NODES = 2;
    /** As useradd(8) takes them. */
    private static final String USER = "[A-Za-z_][A-Za-z0-9_.-]{0,31}";

    private static final Duration LEAST_DETECTION = Duration.ofMillis(300);
    private static final Duration MOST_DETECTION = Duration.ofMinutes(1);
    private static final String KEY_RULE = "expected \"sha256:\" and 64 hexadecimal digits";

    /** What could be made out, also of a file with mistakes, so that modules can be checked against it. */
    record Draft(
            ConfigFile file,
            String name,
            Optional<String> id,
            Duration detection,
            List<Network> networks,
            List<Node> nodes,
            List<WitnessConfig> witnesses,
            List<String> administrators) {

        /** Only for a file without mistakes. */
        ClusterConfig config() {
            return new ClusterConfig(name, id, detection, networks, nodes, witnesses, administrators);
        }

        List<String> networkNames() {
            return networks.stream().map(Network::name).toList();
        }
    }

    private final ConfigFile file;

    private ClusterParser(ConfigFile file) {
        this.file = file;
    }

    static Draft parse(Path etcDir) {
        ConfigFile file =
                ConfigFile.read(etcDir.resolve(FILE), "expected the cluster's name, networks and two nodes in it");
        return new ClusterParser(file).parse();
    }

    private Draft parse() {
        TomlSection root = file.root().only("cluster", "network", "node", "witness");
        Optional<TomlSection> cluster = root.requiredSection("cluster");
        cluster.ifPresent(section -> section.only("name", "id", "detection", "administrators"));
        String name = cluster.flatMap(section -> section.requiredName("name")).orElse("");
        Duration detection = cluster.map(section ->
                        section.duration("detection", LEAST_DETECTION, MOST_DETECTION, ClusterConfig.DEFAULT_DETECTION))
                .orElse(ClusterConfig.DEFAULT_DETECTION);
        Optional<String> id = cluster.flatMap(ClusterParser::id);
        List<Network> networks = networks(root);
        List<Node> nodes = nodes(root, networks);
        List<String> administrators = cluster.map(ClusterParser::administrators).orElse(List.of());
        return new Draft(file, name, id, detection, networks, nodes, WitnessParser.parse(root, nodes), administrators);
    }

    private static List<String> administrators(TomlSection section) {
        List<String> names = new ArrayList<>();
        for (Located<String> name : section.texts("administrators", "expected a list of users, such as [\"ops\"]")) {
            if (name.value().matches(USER)) {
                names.add(name.value());
            } else {
                section.wrong(
                        "administrators", "\"" + name.value() + "\" cannot be the name of a user", "see getent passwd");
            }
        }
        return names;
    }

    private List<Network> networks(TomlSection root) {
        List<TomlSection> sections = root.sections("network");
        if (!root.has("network")) {
            file.missing(Position.START, "no [[network]]", "expected at least one, with a name");
        }
        List<Network> networks = new ArrayList<>();
        boolean chosen = false;
        for (TomlSection section : sections) {
            section.only("name", "replication", "encryption");
            boolean replication = section.flag("replication", false);
            boolean encrypted =
                    section.choice("encryption", List.of("on", "off")).equals("on");
            if (replication && chosen) {
                section.wrong("replication", "a second network with replication = true", "expected it on one network");
            }
            Optional<String> name = section.requiredName("name");
            if (name.isPresent()
                    && networks.stream().anyMatch(other -> other.name().equals(name.get()))) {
                section.wrong("name", "a second network is called \"" + name.get() + "\"", "names are unique");
            } else if (name.isPresent()) {
                networks.add(new Network(name.get(), replication && !chosen, encrypted));
            }
            chosen |= replication;
        }
        if (!chosen && !networks.isEmpty()) {
            Network first = networks.getFirst();
            networks.set(0, new Network(first.name(), true, first.encrypted()));
        }
        return networks;
    }

    private List<Node> nodes(TomlSection root, List<Network> networks) {
        List<TomlSection> sections = root.sections("node");
        if (sections.size() > NODES) {
            file.mistake(
                    sections.get(NODES).at(),
                    sections.size() + " nodes",
                    "a mirror has exactly two nodes for now; a later version will take more");
        } else if (sections.size() < NODES) {
            file.missing(
                    sections.isEmpty() ? Position.START : sections.getFirst().at(),
                    sections.isEmpty() ? "no [[node]]" : "only one [[node]]",
                    "expected exactly two");
        }
        List<Node> nodes = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        for (TomlSection section : sections) {
            section.only("name", "key", "addresses", "port", "ready", "control");
            Optional<String> name = section.requiredName("name");
            String key = key(section);
            Map<String, InetAddress> addresses = addresses(section, networks, name.orElse("this node"), owners);
            int port = section.number("port", 1, 65535, ClusterConfig.DEFAULT_PORT);
            unique(section, nodes, name, key);
            nodes.add(new Node(name.orElse(""), key, addresses, port, ready(section), control(section)));
        }
        return nodes;
    }

    private static void unique(TomlSection section, List<Node> nodes, Optional<String> name, String key) {
        for (Node other : nodes) {
            if (name.isPresent() && other.name().equals(name.get())) {
                section.wrong("name", "a second node is called \"" + name.get() + "\"", "names are unique");
            }
            if (!key.isEmpty() && other.keyHash().equals(key)) {
                section.wrong("key", "the same key as node \"" + other.name() + "\"", "each node has its own key");
            }
        }
    }

    private static Optional<String> id(TomlSection section) {
        Optional<String> id = section.text("id", "id = \"sha256:...\" with 64 hexadecimal digits");
        if (id.isPresent() && !id.get().matches("sha256:[0-9a-f]{64}")) {
            section.wrong("id", "\"" + id.get() + "\" is not the id of a cluster", KEY_RULE + " in lower case");
            return Optional.empty();
        }
        return id;
    }

    private static String key(TomlSection section) {
        Optional<String> key = section.requiredText("key", "key = \"sha256:...\" with 64 hexadecimal digits");
        if (key.isPresent() && !key.get().matches("sha256:[0-9a-fA-F]{64}")) {
            section.wrong("key", "\"" + key.get() + "\" is not the hash of a key", KEY_RULE);
            return "";
        }
        return key.map(text -> text.substring("sha256:".length()).toLowerCase(Locale.ROOT))
                .orElse("");
    }

    private static InetSocketAddress control(TomlSection section) {
        String expected = "an address and a port, such as \"10.0.0.1:9010\", or \"0.0.0.0:9010\" for every address";
        Optional<String> text = section.text("control", expected);
        Optional<InetSocketAddress> control = text.flatMap(AddressAndPort::parse);
        if (text.isPresent() && control.isEmpty()) {
            section.wrong("control", "\"" + text.get() + "\" is not an address and a port", "expected " + expected);
        }
        return control.orElseGet(() -> new InetSocketAddress(ClusterConfig.DEFAULT_CONTROL_PORT));
    }

    /** Any address of the machine will do, also one that no network here has. */
    private static Optional<InetSocketAddress> ready(TomlSection section) {
        String expected = "an address and a port, such as \"10.0.0.1:9410\", or \"0.0.0.0:9410\" for every address";
        Optional<String> text = section.text("ready", expected);
        Optional<InetSocketAddress> ready = text.flatMap(AddressAndPort::parse);
        if (text.isPresent() && ready.isEmpty()) {
            section.wrong("ready", "\"" + text.get() + "\" is not an address and a port", "expected " + expected);
        }
        return ready;
    }

    private Map<String, InetAddress> addresses(
            TomlSection node, List<Network> networks, String name, Map<String, String> owners) {
        Map<String, InetAddress> addresses = new LinkedHashMap<>();
        List<String> known = networks.stream().map(Network::name).toList();
        Optional<TomlSection> section = node.section("addresses");
        for (String network : section.map(TomlSection::keys).orElse(List.of())) {
            TomlSection table = section.orElseThrow();
            if (!known.contains(network) && file.whole()) {
                file.mistake(
                        table.keyAt(network),
                        "an address of node \"" + name + "\" on the unknown network \"" + network + "\"",
                        Nearest.hint(network, known));
            }
            Optional<String> text = table.text(network, "an address, such as \"10.0.0.1\"");
            Optional<InetAddress> address = text.flatMap(IpLiteral::parse);
            if (text.isPresent() && address.isEmpty()) {
                table.wrong(
                        network,
                        "\"" + text.get() + "\" is not an address",
                        text.get().contains("/")
                                ? "expected it without a prefix, such as \"10.0.0.1\""
                                : "expected an IPv4 or IPv6 address in numbers");
            }
            address.ifPresent(value -> {
                String owner = owners.putIfAbsent(network + " " + value.getHostAddress(), name);
                if (owner != null) {
                    table.wrong(network, value.getHostAddress() + " is also node \"" + owner + "\"", "");
                }
                addresses.put(network, value);
            });
        }
        Optional<Network> replication =
                networks.stream().filter(Network::replication).findFirst();
        if (replication.isPresent()
                && section.map(table -> !table.has(replication.get().name())).orElse(true)) {
            file.missing(
                    node.at(),
                    "node \"" + name + "\" has no address on the replication network \""
                            + replication.get().name() + "\"",
                    "expected addresses = { " + replication.get().name() + " = \"...\" }");
        }
        return addresses;
    }
}
