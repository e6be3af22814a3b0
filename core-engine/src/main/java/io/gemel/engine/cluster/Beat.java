package io.gemel.engine.cluster;

import java.util.Map;
import java.util.Objects;

/**
 * What one node tells the other in a heartbeat.
 *
 * @param incarnation of the sender's engine: a later engine of that node has a greater one
 * @param sequence goes up by one with each heartbeat; the same on every network
 * @param heard the incarnation of the receiver that the sender heard last, or 0
 * @param hearsYou whether the sender heard that one lately
 * @param modules what each module of the sender says of itself, without reasons
 */
public record Beat(long incarnation, long sequence, long heard, boolean hearsYou, Map<String, PeerStatus> modules) {
    public Beat {
        Objects.requireNonNull(modules, "modules");
        modules = Map.copyOf(modules);
    }
}
