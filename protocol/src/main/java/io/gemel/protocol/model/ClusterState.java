package io.gemel.protocol.model;

import java.util.List;
import java.util.Objects;

/**
 * Everything that a client sees at a glance.
 *
 * @param cluster its name
 * @param modules in the order of their names
 */
public record ClusterState(String cluster, List<ModuleState> modules) {
    public ClusterState {
        Objects.requireNonNull(cluster, "cluster");
        modules = List.copyOf(modules);
    }
}
