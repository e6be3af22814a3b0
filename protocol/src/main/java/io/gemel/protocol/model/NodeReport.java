package io.gemel.protocol.model;

import java.util.Objects;

/**
 * What a node says of itself about one module; the node signs it, so that it can be passed on by others.
 *
 * @param cluster the cluster's id
 * @param node the node's id
 * @param number grows with each report of the node, over restarts too: of two, the greater is the newer
 * @param timeMs when, on the node's clock, milliseconds of the epoch
 * @param module of which module
 * @param mode what the module is
 * @param epoch grows with each change of the module's role on this node, over restarts too
 * @param state what it is there; as old as it says when the report was made
 */
public record NodeReport(
        String cluster, String node, long number, long timeMs, String module, Mode mode, long epoch, NodeState state) {
    public NodeReport {
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(module, "module");
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(state, "state");
    }
}
