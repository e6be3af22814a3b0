package io.gemel.engine.cluster;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whether the other node is there, from its heartbeats. Pure: time comes in. Invariants:
 *
 * <ol>
 *   <li>What a heartbeat says counts only if it is newer than all before, and was sent after the sender had met this
 *       engine, here or over a link: so neither a late nor a recorded one is believed.
 *   <li>Time that this node did not notice, since nothing ran on it, is not time that the other was silent.
 *   <li>Wall clocks play no part.
 * </ol>
 *
 * <p>Not thread-safe.
 */
public final class Membership {

    private final long incarnation;
    private final long detectionMs;
    private long sequence;

    private long peerIncarnation;
    private long peerSequence;
    private boolean peerHearsUs;
    private long lastSignMs;
    private long lastTickMs;
    private final Map<String, Long> networks = new LinkedHashMap<>();

    /**
     * @param incarnation of this engine, never 0
     * @param detectionMs how long the peer must be silent before it counts as lost
     */
    public Membership(long incarnation, long detectionMs, long nowMs) {
        this.incarnation = incarnation;
        this.detectionMs = detectionMs;
        lastSignMs = nowMs;
        lastTickMs = nowMs;
    }

    /** The next heartbeat of this node. */
    public Beat next(long nowMs, Map<String, PeerStatus> modules) {
        return new Beat(incarnation, ++sequence, peerIncarnation, hearsLately(nowMs), modules);
    }

    private boolean hearsLately(long nowMs) {
        return !networks.isEmpty() && nowMs - lastSignMs < detectionMs / 2;
    }

    /** Whether it is of an engine that this one has not met. */
    public boolean isNew(Beat beat) {
        return beat.incarnation() > peerIncarnation;
    }

    /** Takes a heartbeat in; whether what it says is to be believed. */
    public boolean take(long nowMs, String network, Beat beat) {
        if (beat.incarnation() < peerIncarnation) {
            return false;
        }
        met(beat.incarnation());
        if (beat.heard() != incarnation || beat.sequence() < peerSequence) {
            return false;
        }
        networks.put(network, nowMs);
        lastSignMs = nowMs;
        boolean news = beat.sequence() > peerSequence;
        peerSequence = beat.sequence();
        peerHearsUs = beat.hearsYou();
        return news;
    }

    /** The peer's engine named itself, here or over the link: so that heartbeats that pass one way only are believed. */
    public void met(long peersIncarnation) {
        if (peersIncarnation > peerIncarnation) {
            peerIncarnation = peersIncarnation;
            peerSequence = 0;
            networks.clear();
        }
    }

    /** Another sign of the peer's life came then, over its link; older ones than the last known change nothing. */
    public void sign(long atMs) {
        lastSignMs = Math.max(lastSignMs, atMs);
    }

    /** Whether the peer said in its last heartbeat that it hears this node. */
    public boolean peerHearsUs() {
        return peerHearsUs;
    }

    /** Time passed; to be called several times a detection time. Whether the peer is lost: it gave no sign for so long. */
    public boolean isLost(long nowMs) {
        long passedMs = nowMs - lastTickMs;
        lastTickMs = nowMs;
        if (passedMs > detectionMs / 3) {
            // What came meanwhile still waits to be read.
            lastSignMs += passedMs;
        }
        return silenceLeftMs(nowMs) <= 0;
    }

    /** How much longer the peer may be silent before it is lost, in milliseconds; not above 0 when it is. */
    public long silenceLeftMs(long nowMs) {
        return lastSignMs + detectionMs - nowMs;
    }

    /** How long ago each network carried a heartbeat of the peer's present engine, in milliseconds; only those that did. */
    public Map<String, Long> networkAges(long nowMs) {
        Map<String, Long> ages = new LinkedHashMap<>();
        networks.forEach((network, heardMs) -> ages.put(network, nowMs - heardMs));
        return ages;
    }
}
