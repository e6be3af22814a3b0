package io.gemel.protocol.client;

import io.gemel.protocol.wire.Messages;
import java.util.List;
import java.util.Objects;

/**
 * What a device keeps of a cluster that it was paired with.
 *
 * @param cluster its id
 * @param name what people call it
 * @param nodes the ids that are pinned, and where they are reached
 */
public record ClusterAccess(String cluster, String name, List<Messages.NodeAddress> nodes) {
    public ClusterAccess {
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(name, "name");
        nodes = List.copyOf(nodes);
    }
}
