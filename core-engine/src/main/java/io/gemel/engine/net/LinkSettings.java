package io.gemel.engine.net;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * What the node links of one node need to know.
 *
 * @param node name of this node
 * @param cluster name of the cluster; a node of another one is refused
 * @param peers the other nodes
 * @param listen where this node listens for its peers; port 0 takes a free one
 * @param detectionMs a peer that gave no sign for so long is lost
 * @param encryption whether the stream stays in TLS after the handshake; both nodes must say the same
 */
public record LinkSettings(
        String node,
        String cluster,
        List<PeerNode> peers,
        List<InetSocketAddress> listen,
        int detectionMs,
        boolean encryption) {

    /** Port of the node link where nothing else is configured. */
    public static final int DEFAULT_PORT = 9020;

    /** Detection time where nothing else is configured. */
    public static final int DEFAULT_DETECTION_MS = 3_000;

    private static final int MIN_DETECTION_MS = 60;

    public LinkSettings {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(cluster, "cluster");
        peers = List.copyOf(peers);
        listen = List.copyOf(listen);
        if (detectionMs < MIN_DETECTION_MS) {
            throw new IllegalArgumentException("detectionMs below " + MIN_DETECTION_MS + ": " + detectionMs);
        }
    }
}
