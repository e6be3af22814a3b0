package io.gemel.engine.node;

import io.gemel.engine.cluster.Event;
import io.gemel.protocol.model.State;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * How a module is watched, and where what happens is told.
 *
 * @param epoch counts the changes of its role
 * @param changed told whenever something about the module may be otherwise than before; returns at once
 * @param checks makes its checkers, which tell what they find
 */
record Watching(ModuleEvents events, RoleEpoch epoch, Runnable changed, Function<Consumer<Event>, Checks> checks) {

    /** The module is in this state, be it as before. */
    void isIn(State state) {
        epoch.is(state);
        changed.run();
    }
}
