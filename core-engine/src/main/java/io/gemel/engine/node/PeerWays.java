package io.gemel.engine.node;

import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.net.LinkSettings;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.PeerNode;
import io.gemel.engine.net.SignedDatagrams;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The ways from this node to its peer, as the configuration has them. */
final class PeerWays {

    private static final String HASH_PREFIX = "sha256:";

    private final ClusterConfig cluster;
    private final ClusterConfig.Node node;
    private final ClusterConfig.Node peer;

    PeerWays(ClusterConfig cluster, ClusterConfig.Node node, ClusterConfig.Node peer) {
        this.cluster = cluster;
        this.node = node;
        this.peer = peer;
    }

    LinkSettings linkSettings() {
        PeerNode peerNode = new PeerNode(
                peer.name(),
                HASH_PREFIX + peer.keyHash(),
                List.of(new InetSocketAddress(cluster.replicationAddress(peer), peer.port())));
        return new LinkSettings(
                node.name(),
                cluster.name(),
                List.of(peerNode),
                List.of(new InetSocketAddress(cluster.replicationAddress(node), node.port())),
                Math.toIntExact(cluster.detection().toMillis()),
                cluster.replicationNetwork().encrypted());
    }

    /** For heartbeats: each network that both nodes are on. */
    List<SignedDatagrams.Path> paths() {
        List<SignedDatagrams.Path> paths = new ArrayList<>();
        for (ClusterConfig.Network network : cluster.networks()) {
            Optional<InetAddress> own = node.addressOn(network.name());
            Optional<InetAddress> other = peer.addressOn(network.name());
            if (own.isPresent() && other.isPresent()) {
                paths.add(new SignedDatagrams.Path(
                        network.name(),
                        new InetSocketAddress(own.get(), node.port()),
                        new InetSocketAddress(other.get(), peer.port())));
            }
        }
        return paths;
    }

    Heartbeat heartbeat(NodeKey key, List<SignedDatagrams.Path> paths, long incarnation) {
        SignedDatagrams.Ends ends =
                new SignedDatagrams.Ends(cluster.name(), node.name(), peer.name(), HASH_PREFIX + peer.keyHash());
        return new Heartbeat(ends, key, paths, incarnation, cluster.detection().toMillis());
    }
}
