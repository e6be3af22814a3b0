package io.gemel.engine.node;

import io.gemel.protocol.model.State;
import org.slf4j.Logger;

/** What an engine does with what one left that died: it goes on with it, or clears it away. */
final class FirstSteps {

    private final Logger log;
    private final DataPlane dataPlane;
    private final ModuleRuntime.Parts parts;

    FirstSteps(Logger log, DataPlane dataPlane, ModuleRuntime.Parts parts) {
        this.log = log;
        this.dataPlane = dataPlane;
        this.parts = parts;
    }

    /**
     * Goes on with it, if it can.
     *
     * @param hadPeer whether the peer had, or was receiving, everything
     */
    boolean resume(boolean hadPeer) {
        try {
            if (!dataPlane.resumePrimary(hadPeer)) {
                return false;
            }
        } catch (RuntimeException e) {
            log.error("what the engine that died left cannot be resumed: {}", e.getMessage());
            return false;
        }
        return true;
    }

    /** @param ranBefore whether the module had a role here ever */
    void clear(boolean ranBefore) {
        clear("a mount of an engine that ended", () -> {
            dataPlane.clearLeft();
            dataPlane.check();
        });
        if (ranBefore) {
            clear(
                    "the application of an engine that ended",
                    () -> parts.application().stop(State.STOP.name()));
        }
        clear("addresses of an engine that ended", parts.addresses()::release);
        parts.release().remove();
    }

    private void clear(String what, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            log.warn("clearing {}: {}", what, e.getMessage());
        }
    }
}
