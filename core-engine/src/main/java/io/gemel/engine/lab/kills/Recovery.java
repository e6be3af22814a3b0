package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Waits for the mirror to become whole, and types what a person would who reads {@code gemel state}. */
final class Recovery {

    /** Within this time the mirror must be whole again. */
    static final long WHOLE_MS = 120_000;

    /** A person looks for so long before deciding. */
    private static final long PATIENCE_MS = 15_000;

    private static final long POLL_MS = 300;

    private final Cluster cluster;
    private final List<String> typed = new ArrayList<>();
    private String primary = "";
    private long nobodySinceNs;

    Recovery(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The commands that were typed, each with what {@code state} had said. */
    List<String> typed() {
        return typed;
    }

    String primary() {
        return primary;
    }

    /** What is wrong still; empty when the mirror is whole. */
    Optional<String> awaitMirror() {
        long end = System.nanoTime() + WHOLE_MS * 1_000_000;
        nobodySinceNs = System.nanoTime();
        String last;
        do {
            Optional<NodeState> one = cluster.state(Cluster.NODES.getFirst());
            Optional<NodeState> two = cluster.state(Cluster.NODES.getLast());
            if (isWhole(one, two) || isWhole(two, one)) {
                primary = isWhole(one, two) ? Cluster.NODES.getFirst() : Cluster.NODES.getLast();
                return Optional.empty();
            }
            last = describe(one) + " / " + describe(two);
            decideIfNobodyServes(one, two);
            Deadline.pause(POLL_MS);
        } while (System.nanoTime() < end);
        return Optional.of("not PRIM READY and SECOND READY within " + WHOLE_MS / 1_000 + " s: " + last);
    }

    private static boolean isWhole(Optional<NodeState> primary, Optional<NodeState> second) {
        return primary.filter(n -> n.state() == State.PRIM && n.readiness() == Readiness.READY)
                        .isPresent()
                && second.filter(n -> n.state() == State.SECOND
                                && n.readiness() == Readiness.READY
                                && n.dataStatus() == DataStatus.UP_TO_DATE)
                        .isPresent();
    }

    private void decideIfNobodyServes(Optional<NodeState> one, Optional<NodeState> two) {
        boolean nobody = one.isPresent() && two.isPresent() && isIdle(one.get()) && isIdle(two.get());
        if (!nobody) {
            nobodySinceNs = System.nanoTime();
        } else if (System.nanoTime() - nobodySinceNs > PATIENCE_MS * 1_000_000) {
            nobodySinceNs = System.nanoTime();
            for (NodeState node : List.of(one.get(), two.get())) {
                if (prim(node.node(), describe(one) + " / " + describe(two))) {
                    return;
                }
            }
        }
    }

    private static boolean isIdle(NodeState node) {
        return node.readiness() == Readiness.NOT_READY && (node.state() == State.WAIT || node.state() == State.SECOND);
    }

    /** Types {@code gemel prim}; whether it was accepted. */
    private boolean prim(String node, String because) {
        ExecResult result = cluster.gemel(node, "prim", Cluster.MODULE);
        typed.add(node + ": gemel prim " + Cluster.MODULE + (result.ok() ? "" : " = " + result.whatItSaid())
                + "   [state: " + because + "]");
        return result.ok();
    }

    static String describe(Optional<NodeState> node) {
        return node.map(n -> n.node() + " " + n.state() + " " + n.readiness() + " " + n.dataStatus() + " (" + n.reason()
                        + ")")
                .orElse("no answer");
    }
}
