package io.gemel.engine.node;

/** Whoever says whether a node that is cut off may serve. */
@FunctionalInterface
interface Witness {

    /** Where the answer is told, once, within {@link #ANSWER_MS}. */
    @FunctionalInterface
    interface Answer {
        /**
         * @param granted whether this node may serve without the peer
         * @param exact whether the peer cannot be granted the same any more
         * @param reason for people
         */
        void said(boolean granted, boolean exact, String reason);
    }

    /** How long an answer may take. */
    long ANSWER_MS = 2_000;

    /** Nobody was configured: a node decides by itself. */
    Witness NONE = (module, generation, answer) -> answer.said(true, false, "no witness is configured");

    /**
     * Asks; returns at once.
     *
     * @param generation that both nodes had last
     */
    void ask(String module, long generation, Answer answer);
}
