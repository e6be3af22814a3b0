package io.gemel.engine.module;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@code cluster.toml} says, whole and without mistakes.
 *
 * @param name the cluster's name
 * @param id hash of the cluster's root key, {@code sha256:} and 64 lower-case hexadecimal digits; without it no device can
 *     reach the cluster
 * @param detection how long a node may be silent before it counts as lost
 * @param networks in the order of the file, at least one
 * @param nodes in the order of the file, exactly two
 * @param witnesses in the order of the file; any of them will do, but where one is a lease, only that counts
 * @param administrators users of a node's machine who may command its engine there, beside root
 */
public record ClusterConfig(
        String name,
        Optional<String> id,
        Duration detection,
        List<Network> networks,
        List<Node> nodes,
        List<WitnessConfig> witnesses,
        List<String> administrators) {

    public static final Duration DEFAULT_DETECTION = Duration.ofSeconds(3);
    public static final int DEFAULT_PORT = 9020;
    public static final int DEFAULT_CONTROL_PORT = 9010;

    /**
     * A network that joins the nodes.
     *
     * @param replication whether the node link runs here; true for exactly one
     * @param encrypted whether the node link is encrypted here
     */
    public record Network(String name, boolean replication, boolean encrypted) {
        public Network {
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * One server.
     *
     * @param keyHash SHA-256 of the node's public key, 64 lower-case hexadecimal digits
     * @param addresses this node's address on each network that it is on, by the network's name
     * @param port where the node link listens
     * @param ready where load balancers ask whether a module serves here; nobody can when it is not given
     * @param control where devices come in
     */
    public record Node(
            String name,
            String keyHash,
            Map<String, InetAddress> addresses,
            int port,
            Optional<InetSocketAddress> ready,
            InetSocketAddress control) {
        public Node {
            Objects.requireNonNull(ready, "ready");
            Objects.requireNonNull(control, "control");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(keyHash, "keyHash");
            addresses = Collections.unmodifiableMap(new LinkedHashMap<>(addresses));
        }

        /** Where devices reach this node, {@code host:port}: the address that it listens at, or all that it has. */
        public List<String> controlAddresses() {
            InetAddress own = control.getAddress();
            return (own.isAnyLocalAddress() ? List.copyOf(addresses.values()) : List.of(own))
                    .stream()
                            .map(address -> text(address) + ":" + control.getPort())
                            .toList();
        }

        private static String text(InetAddress address) {
            return address instanceof Inet6Address ? "[" + address.getHostAddress() + "]" : address.getHostAddress();
        }

        /** This node's address on a network, if it is on it. */
        public Optional<InetAddress> addressOn(String network) {
            return Optional.ofNullable(addresses.get(network));
        }
    }

    public ClusterConfig {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(detection, "detection");
        networks = List.copyOf(networks);
        nodes = List.copyOf(nodes);
        witnesses = List.copyOf(witnesses);
        administrators = List.copyOf(administrators);
        if (networks.stream().filter(Network::replication).count() != 1) {
            throw new IllegalArgumentException("exactly one network carries the replication");
        }
        if (nodes.size() != 2) {
            throw new IllegalArgumentException("a cluster has two nodes, not " + nodes.size());
        }
    }

    /** The network of the node link. */
    public Network replicationNetwork() {
        return networks.stream().filter(Network::replication).findFirst().orElseThrow();
    }

    /** A node by its name. */
    public Optional<Node> node(String nodeName) {
        return nodes.stream().filter(node -> node.name().equals(nodeName)).findFirst();
    }

    /**
     * Which node has this key: how an engine learns which node it is.
     *
     * @param keyHash 64 hexadecimal digits, with or without {@code sha256:} before them
     */
    public Optional<Node> nodeByKey(String keyHash) {
        String hash = keyHash.startsWith("sha256:") ? keyHash.substring("sha256:".length()) : keyHash;
        return nodes.stream()
                .filter(node -> node.keyHash().equalsIgnoreCase(hash))
                .findFirst();
    }

    /** The other node. */
    public Node peerOf(String nodeName) {
        return nodes.stream()
                .filter(node -> !node.name().equals(nodeName))
                .findFirst()
                .orElseThrow();
    }

    /** A node's address on the replication network; every node has one. */
    public InetAddress replicationAddress(Node node) {
        return node.addressOn(replicationNetwork().name()).orElseThrow();
    }
}
