package io.gemel.engine.control;

import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Signer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * What the control protocol of a node has to know.
 *
 * @param cluster id of the cluster
 * @param clusterName what people call it
 * @param node name of this node
 * @param nodes all nodes as clients reach them, in the order of the configuration; the first carries out what concerns both
 * @param key of this node
 * @param listen where clients come in
 * @param limits how many, how long
 */
public record ControlSettings(
        String cluster,
        String clusterName,
        String node,
        List<Messages.NodeAddress> nodes,
        Signer key,
        InetSocketAddress listen,
        Limits limits) {
    public ControlSettings {
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(clusterName, "clusterName");
        Objects.requireNonNull(node, "node");
        nodes = List.copyOf(nodes);
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(listen, "listen");
        Objects.requireNonNull(limits, "limits");
    }

    /** Port where nothing else is configured. */
    public static final int DEFAULT_PORT = 9010;

    /**
     * Bounds; times in milliseconds.
     *
     * @param handshakeMs until a session stands
     * @param sessions at once
     * @param strangersAnAddress connections of an address that have no session
     * @param strangers connections without a session in all
     * @param pingMs how often a client is asked whether it is there
     * @param pongMs how long it may not answer
     * @param sessionMs longest session
     * @param offerMs how long a pairing offer counts
     * @param firstDelayMs how much later HELLO comes after a failed attempt from the same address; doubled with each
     * @param mostDelayMs and at most so much
     */
    public record Limits(
            long handshakeMs,
            int sessions,
            int strangersAnAddress,
            int strangers,
            long pingMs,
            long pongMs,
            long sessionMs,
            long offerMs,
            long firstDelayMs,
            long mostDelayMs) {
        /** As the protocol's document has them. */
        public static final Limits STANDARD =
                new Limits(5_000, 64, 8, 128, 10_000, 30_000, 43_200_000, 180_000, 100, 4_000);
    }
}
