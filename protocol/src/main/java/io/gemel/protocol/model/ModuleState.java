package io.gemel.protocol.model;

import java.util.List;
import java.util.Objects;

/**
 * One module on all its nodes.
 *
 * @param name its name
 * @param mode what it is
 * @param serviceUp whether the application is being served, see {@link Health}
 * @param isProtected whether the loss of one node would lose nothing; {@code protected} in JSON
 * @param nodes in the order of the cluster configuration
 */
public record ModuleState(String name, Mode mode, boolean serviceUp, boolean isProtected, List<NodeState> nodes) {
    public ModuleState {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(mode, "mode");
        nodes = List.copyOf(nodes);
    }

    /** The state of a module whose two answers are worked out from its nodes. */
    public static ModuleState of(String name, Mode mode, List<NodeState> nodes) {
        return new ModuleState(name, mode, Health.serviceUp(nodes), Health.isProtected(nodes), nodes);
    }
}
