package io.gemel.engine.cluster;

/** What the brains of the two nodes say to each other beside their status; in order with it, on the same link. */
public sealed interface PeerMessage {

    /** The sender wants to become primary: may it? It counts as primary from now on. */
    record Claim(long number) implements PeerMessage {}

    /** The answer to the claim of that number. */
    record ClaimAnswer(long number, boolean granted, String reason) implements PeerMessage {}

    /** The sender, a second, leaves in order: do not wait for it. */
    record StopNotice(String reason) implements PeerMessage {}

    /** The sender was primary, has stopped serving, is a second now, and you have all that it has. Be primary. */
    record TakeOver(long generation, long request) implements PeerMessage {}

    /** The sender serves. */
    record TakeOverDone() implements PeerMessage {}

    /**
     * The sender could not take over and does not serve.
     *
     * @param safe whether it is certain that it stopped everything it had begun, so that the other may serve again
     * @param request the sender's wish to be second again, or 0
     */
    record TakeOverFailed(String reason, boolean safe, long request) implements PeerMessage {}
}
