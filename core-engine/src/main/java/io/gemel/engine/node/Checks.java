package io.gemel.engine.node;

import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.protocol.model.CheckerState;
import java.util.List;

/** The checkers of a module on this node; none of the calls blocks. */
interface Checks extends AutoCloseable {

    /** Of a module without checkers. */
    Checks NONE = new Checks() {
        @Override
        public Event.FailuresFound start() {
            return new Event.FailuresFound(List.of());
        }

        @Override
        public void carryOut(Effect.OfCheckers effect) {}

        @Override
        public void tick() {}

        @Override
        public List<CheckerState> states() {
            return List.of();
        }

        @Override
        public void close() {}
    };

    /** Begins, and says what the engine before this one kept. */
    Event.FailuresFound start();

    void carryOut(Effect.OfCheckers effect);

    /** To be called now and then. */
    void tick();

    /** What each found last. */
    List<CheckerState> states();

    @Override
    void close();
}
