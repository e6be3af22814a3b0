package io.gemel.engine.node;

import io.gemel.engine.cluster.Event;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * How a module is watched, and where what happens is told.
 *
 * @param checks makes its checkers, which tell what they find
 */
record Watching(ModuleEvents events, Function<Consumer<Event>, Checks> checks) {}
