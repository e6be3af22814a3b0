package io.gemel.engine.node;

import io.gemel.engine.module.ClusterConfig;
import io.gemel.engine.module.WitnessConfig;
import io.gemel.engine.net.NodeKey;
import java.util.List;

/** Whoever says whether a node that is cut off may serve. */
@FunctionalInterface
interface Witness {

    /** Where the answer is told, once, within {@link #ANSWER_MS}. */
    @FunctionalInterface
    interface Answer {
        /**
         * @param granted whether this node may serve without the peer
         * @param exact whether that is so for ever: of the two nodes one is granted it, and only one
         * @param reason for people
         */
        void said(boolean granted, boolean exact, String reason);
    }

    /** How long an answer may take. */
    long ANSWER_MS = 2_000;

    /** Nobody was configured: a node decides by itself. */
    Witness NONE = (module, generation, answer) -> answer.said(true, false, "no witness is configured");

    /**
     * The one that counts: the lease where there is one, else whichever of the others is reached, else none.
     *
     * @param key of this node
     * @param peer the other one
     */
    static Witness of(List<WitnessConfig> witnesses, NodeKey key, ClusterConfig.Node peer) {
        return witnesses.stream()
                .filter(witness -> witness.kind() == WitnessConfig.Kind.LEASE)
                .findFirst()
                .<Witness>map(lease -> new LeaseWitness(lease, key, peer))
                .orElseGet(() -> NetworkWitness.of(witnesses));
    }

    /**
     * Asks; returns at once.
     *
     * @param generation that both nodes had last
     */
    void ask(String module, long generation, Answer answer);

    /** Says in the log whether it would answer, if that can be known: better now than when it is needed. */
    default void greet(String module) {}
}
