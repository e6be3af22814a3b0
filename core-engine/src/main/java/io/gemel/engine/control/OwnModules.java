package io.gemel.engine.control;

import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.NodeState;
import java.util.List;

/** What this node's modules are, each as the node itself knows it. */
public interface OwnModules {

    /**
     * One module.
     *
     * @param epoch grows with each change of its role on this node, over restarts of the engine too
     */
    record Own(String module, Mode mode, long epoch, NodeState state) {}

    /** All of them, now. */
    List<Own> own();
}
