package io.gemel.engine.lab.clients;

import java.util.List;
import java.util.Objects;

/**
 * How many clients are.
 *
 * @param complete clients that have heard of every node
 * @param events that were heard, of all clients together, and counted
 * @param atMs when this was said, on a clock that never goes back
 * @param cpuMs that the process has used since it began
 * @param threads of the operating system
 * @param residentKib memory that it has in RAM
 * @param heapKib of that, what Java objects take; after a collection where the times are not empty, else with garbage
 * @param disconnected sessions that ended
 * @param lastEnd why the last of them did, empty when none did
 * @param ownUs at the end: from each event on the node of the session to the call of the listener, in microseconds
 * @param relayedUs at the end: the same of events on the other node
 */
public record ClientsReport(
        int complete,
        int events,
        long atMs,
        long cpuMs,
        int threads,
        long residentKib,
        long heapKib,
        int disconnected,
        String lastEnd,
        List<Long> ownUs,
        List<Long> relayedUs) {
    public ClientsReport {
        Objects.requireNonNull(lastEnd, "lastEnd");
        ownUs = List.copyOf(ownUs);
        relayedUs = List.copyOf(relayedUs);
    }

    static final ClientsReport NONE = new ClientsReport(0, 0, 0, 0, 0, 0, 0, 0, "", List.of(), List.of());
}
