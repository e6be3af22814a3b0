package io.gemel.protocol.model;

import java.util.List;

/** The two questions that everybody asks first, answered in one place for every screen. */
public final class Health {

    private Health() {}

    /** Whether a node that is in contact serves the application. */
    public static boolean serviceUp(List<NodeState> nodes) {
        return nodes.stream()
                .anyMatch(node ->
                        node.readiness() == Readiness.READY && (node.state().isPrimary() || node.state() == State.UP));
    }

    /** Whether one node could be lost now without losing data or, for a farm, the service. */
    public static boolean isProtected(List<NodeState> nodes) {
        long up = nodes.stream().filter(node -> is(node, State.UP)).count();
        boolean primary = nodes.stream().anyMatch(node -> is(node, State.PRIM));
        boolean second = nodes.stream().anyMatch(node -> is(node, State.SECOND));
        return up > 1 || (primary && second);
    }

    private static boolean is(NodeState node, State state) {
        return node.state() == state
                && node.readiness() == Readiness.READY
                && node.dataStatus() == DataStatus.UP_TO_DATE;
    }
}
