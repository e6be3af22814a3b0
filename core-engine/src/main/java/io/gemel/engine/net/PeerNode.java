package io.gemel.engine.net;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * Another node of the cluster, as {@code cluster.toml} describes it.
 *
 * @param name the node's name
 * @param keyHash hash of the only key that this node may show, see {@link NodeKey#keyHash()}
 * @param addresses where its node link listens, tried in turn
 */
public record PeerNode(String name, String keyHash, List<InetSocketAddress> addresses) {

    public PeerNode {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(keyHash, "keyHash");
        addresses = List.copyOf(addresses);
    }
}
