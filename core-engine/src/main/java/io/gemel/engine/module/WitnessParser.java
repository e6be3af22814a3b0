package io.gemel.engine.module;

import io.gemel.engine.module.ClusterConfig.Node;
import io.gemel.engine.module.WitnessConfig.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads {@code [[witness]]} of {@code cluster.toml}. */
final class WitnessParser {

    private final List<Node> nodes;
    private final List<WitnessConfig> witnesses = new ArrayList<>();

    private WitnessParser(List<Node> nodes) {
        this.nodes = nodes;
    }

    static List<WitnessConfig> parse(TomlSection root, List<Node> nodes) {
        WitnessParser parser = new WitnessParser(nodes);
        root.sections("witness").forEach(parser::read);
        return parser.witnesses;
    }

    private void read(TomlSection section) {
        section.only("kind", "address", "key");
        Kind kind = Kind.valueOf(section.choice("kind", Kind.words()).toUpperCase(Locale.ROOT));
        Optional<String> address = section.requiredText("address", expected(kind));
        if (address.isPresent() && !isValid(kind, address.get())) {
            section.wrong(
                    "address",
                    "\"" + address.get() + "\" is no address of a witness of the kind " + kind.word(),
                    "expected " + expected(kind));
            address = Optional.empty();
        }
        if (kind == Kind.LEASE) {
            lease(section, address);
        } else {
            if (section.has("key")) {
                section.wrong("key", "a witness of the kind " + kind.word() + " has no key", "only a lease has one");
            }
            address.ifPresent(text -> witnesses.add(new WitnessConfig(kind, text)));
        }
    }

    private void lease(TomlSection section, Optional<String> address) {
        String expected = "key = \"sha256:...\" as gemel witness prints it when it starts";
        Optional<String> key = section.requiredText("key", expected);
        if (key.isPresent() && !key.get().matches("sha256:[0-9a-fA-F]{64}")) {
            section.wrong("key", "\"" + key.get() + "\" is not the hash of a key", "expected " + expected);
            return;
        }
        if (witnesses.stream().anyMatch(other -> other.kind() == Kind.LEASE)) {
            section.wrong(
                    "kind",
                    "a second witness of the kind lease",
                    "expected one: two could each let another node through");
            return;
        }
        if (key.isEmpty() || address.isEmpty()) {
            return;
        }
        String hash = key.get().toLowerCase(Locale.ROOT);
        Optional<InetAddress> at = AddressAndPort.parse(address.get()).map(InetSocketAddress::getAddress);
        for (Node node : nodes) {
            if (hash.equals("sha256:" + node.keyHash())) {
                section.wrong("key", "the key of node \"" + node.name() + "\"", "a witness has a key of its own");
            } else if (at.isPresent() && node.addresses().containsValue(at.get())) {
                section.wrong(
                        "address",
                        "the lease is on node \"" + node.name() + "\"",
                        "it must outlive both nodes: run gemel witness on a third machine");
            }
        }
        witnesses.add(new WitnessConfig(Kind.LEASE, address.get(), hash));
    }

    private static String expected(Kind kind) {
        return switch (kind) {
            case PING -> "address = \"10.0.0.254\"";
            case TCP -> "address = \"10.0.0.254:22\"";
            case HTTP -> "address = \"http://10.0.0.254/\"";
            case LEASE -> "address = \"10.0.0.9:7420\"";
        };
    }

    private static boolean isValid(Kind kind, String address) {
        return switch (kind) {
            case PING -> IpLiteral.parse(address).isPresent();
            case TCP, LEASE -> AddressAndPort.parse(address).isPresent();
            case HTTP -> isUrl(address);
        };
    }

    private static boolean isUrl(String address) {
        try {
            URI uri = URI.create(address);
            return uri.getHost() != null && List.of("http", "https").contains(uri.getScheme());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
