package io.gemel.engine.control;

import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import java.util.Optional;

/**
 * Whether a module serves on a node, as load balancers are told.
 *
 * @param code of HTTP: 200, 503 or 404
 * @param text what it is
 */
record ReadyAnswer(int code, String text) {

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;

    static ReadyAnswer of(CommandService service, String node, String module) {
        Optional<NodeState> here = service.state().modules().stream()
                .filter(each -> each.name().equals(module))
                .flatMap(each -> each.nodes().stream())
                .filter(each -> each.node().equals(node))
                .findFirst();
        return here.map(is -> new ReadyAnswer(
                        serves(is) ? OK : UNAVAILABLE,
                        node + " is " + is.state() + " " + is.readiness() + ": " + is.reason()))
                .orElseGet(() -> new ReadyAnswer(NOT_FOUND, "there is no module " + module + " on " + node));
    }

    /** One that is not ready starts, stops, or has its calls wait. */
    private static boolean serves(NodeState state) {
        return state.state().isPrimary() && state.readiness() == Readiness.READY;
    }
}
