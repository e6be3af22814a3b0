package io.gemel.engine.lab.endurance;

/**
 * One fault.
 *
 * @param kind what is done
 * @param toPrimary whether to the node that is primary when it comes, or to the other
 * @param holdMs how long it lasts, or until the next comes that is not waited with
 */
record Fault(FaultKind kind, boolean toPrimary, int holdMs) {

    String words(String node) {
        return node + (toPrimary ? ", the primary, " : ", the second, ") + kind.words() + " for " + holdMs / 1e3 + " s";
    }
}
