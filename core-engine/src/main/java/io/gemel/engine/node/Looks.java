package io.gemel.engine.node;

import io.gemel.protocol.wire.Messages;

/** Shows an administrator elsewhere something of this node; may take its time. */
@FunctionalInterface
public interface Looks {

    /**
     * Looks.
     *
     * @param node name of this node
     * @throws io.gemel.protocol.model.Problem it cannot be seen
     */
    Messages.Seen see(Messages.Look at, String node);
}
