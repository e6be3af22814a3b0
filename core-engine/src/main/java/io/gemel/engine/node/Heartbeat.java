package io.gemel.engine.node;

import io.gemel.engine.cluster.Beat;
import io.gemel.engine.cluster.BeatFormat;
import io.gemel.engine.cluster.Membership;
import io.gemel.engine.cluster.PeerStatus;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.SignedDatagrams;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The heartbeats of this node: sends what its modules are, hears what the peer's are, and says when the peer is lost. */
final class Heartbeat implements AutoCloseable {

    /** Heartbeats in one detection time. */
    private static final int BEATS_A_DETECTION = 6;

    /** A module, as the heartbeats know it; called from their threads, must not block. */
    interface Module {
        String name();

        /** What it says of itself. */
        PeerStatus status();

        /** For how long its link gave no sign of the peer, in milliseconds; empty when there is no link. */
        OptionalLong linkSilentMs();

        /** A heartbeat of the peer came. */
        void heard(Optional<PeerStatus> status, boolean hearsUs);

        /** The peer gave no sign for the detection time. */
        void lost(String reason);
    }

    private final long incarnation;
    private final long detectionMs;
    private final long periodMs;
    private final Membership membership;
    private final SignedDatagrams datagrams;
    private final TaskThread thread;
    private final List<Module> modules = new CopyOnWriteArrayList<>();
    /** Only for the thread. */
    private long nextSendMs;

    /**
     * @param incarnation of this engine
     * @param paths to the peer
     */
    Heartbeat(
            SignedDatagrams.Ends ends,
            NodeKey key,
            List<SignedDatagrams.Path> paths,
            long incarnation,
            long detectionMs) {
        this.incarnation = incarnation;
        this.detectionMs = detectionMs;
        periodMs = periodMs(detectionMs);
        nextSendMs = nowMs();
        membership = new Membership(incarnation, detectionMs, nowMs());
        datagrams = new SignedDatagrams(ends, key, paths, this::received);
        datagrams.start();
        thread = new TaskThread("heartbeat", periodMs, this::beat);
    }

    /** How often heartbeats are sent. */
    static long periodMs(long detectionMs) {
        return Math.max(1, detectionMs / BEATS_A_DETECTION);
    }

    long incarnation() {
        return incarnation;
    }

    /** What it says of each module and tells it, from now on. */
    void add(Module module) {
        modules.add(module);
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** Sends when that is due, and looks for the peer then and when it would be lost; how long until the next of these. */
    private long beat() {
        OptionalLong linkSilentMs = modules.stream()
                .map(Module::linkSilentMs)
                .flatMapToLong(OptionalLong::stream)
                .min();
        long nowMs = nowMs();
        boolean lost;
        long leftMs;
        synchronized (membership) {
            linkSilentMs.ifPresent(silentMs -> membership.sign(nowMs - silentMs));
            lost = membership.isLost(nowMs);
            leftMs = membership.silenceLeftMs(nowMs);
        }
        if (lost) {
            String reason = "silent on every network for " + detectionMs + " ms";
            modules.forEach(module -> module.lost(reason));
        }
        if (nowMs >= nextSendMs) {
            nextSendMs = nowMs + periodMs;
            send();
        }
        long untilSendMs = nextSendMs - nowMs;
        return lost ? untilSendMs : Math.min(untilSendMs, leftMs);
    }

    private void send() {
        Map<String, PeerStatus> statuses = new LinkedHashMap<>();
        modules.forEach(module -> statuses.put(module.name(), module.status()));
        Beat next;
        synchronized (membership) {
            next = membership.next(nowMs(), statuses);
        }
        datagrams.send(BeatFormat.encode(next));
    }

    private void received(String network, byte[] payload) {
        Optional<Beat> beat = BeatFormat.decode(payload);
        if (beat.isEmpty()) {
            return;
        }
        boolean news;
        boolean first;
        boolean hearsUs;
        synchronized (membership) {
            first = membership.isNew(beat.get());
            news = membership.take(nowMs(), network, beat.get());
            hearsUs = membership.peerHearsUs();
        }
        if (first) {
            // It cannot be believed before it has met this engine: answered at once.
            thread.post(this::send);
        }
        if (news) {
            modules.forEach(module ->
                    module.heard(Optional.ofNullable(beat.get().modules().get(module.name())), hearsUs));
        }
    }

    /** The peer's engine named itself over a link. */
    void met(long incarnation) {
        synchronized (membership) {
            membership.met(incarnation);
            membership.sign(nowMs());
        }
    }

    /** How long ago each network carried a heartbeat, in milliseconds. */
    Map<String, Long> networkAges() {
        synchronized (membership) {
            return membership.networkAges(nowMs());
        }
    }

    @Override
    public void close() {
        thread.close();
        datagrams.close();
    }
}
