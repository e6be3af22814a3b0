package io.gemel.engine.node;

import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.PeerStatus;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A module as the heartbeats know it.
 *
 * @param name of the module
 * @param said what it says of itself
 * @param linkSilence for how long its link gave no sign, in milliseconds; empty without a link
 * @param told gets what is to be told to its brain
 */
record ModuleBeats(String name, Supplier<PeerStatus> said, Supplier<OptionalLong> linkSilence, Consumer<Event> told)
        implements Heartbeat.Module {

    @Override
    public PeerStatus status() {
        return said.get();
    }

    @Override
    public OptionalLong linkSilentMs() {
        return linkSilence.get();
    }

    @Override
    public void heard(Optional<PeerStatus> status, boolean hearsUs) {
        told.accept(new Event.PeerHeard(status, hearsUs));
    }

    @Override
    public void lost(String reason) {
        told.accept(new Event.PeerLost(reason));
    }
}
