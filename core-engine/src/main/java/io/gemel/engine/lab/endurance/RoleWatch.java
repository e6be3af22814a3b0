package io.gemel.engine.lab.endurance;

import io.gemel.engine.lab.Deadline;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.Optional;

/**
 * Looks again and again who serves. With a witness that arbitrates exactly two nodes never serve alone; that an old primary
 * still calls itself PRIM while its calls wait is no service, unless it goes on.
 */
final class RoleWatch implements AutoCloseable {

    private static final long LOOK_MS = 150;

    /** A primary that is cut off must have noticed by then: several times the detection. */
    private static final long MOST_PRIM_BESIDE_NS = 20_000_000_000L;

    private final EnduranceLab up;
    private final Chronicle chronicle;
    private final Thread thread;
    private volatile boolean ended;
    private String told = "";
    private long twoSinceNs;
    private boolean twoTold;

    RoleWatch(EnduranceLab up, Chronicle chronicle) {
        this.up = up;
        this.chronicle = chronicle;
        this.thread = Thread.ofPlatform().daemon().name("role-watch").start(this::watch);
    }

    private void watch() {
        while (!ended) {
            try {
                look();
                Deadline.pause(LOOK_MS);
            } catch (IllegalStateException e) {
                return;
            } catch (RuntimeException e) {
                // The lab is being changed or taken down: the next look sees.
            }
        }
    }

    private void look() {
        Optional<NodeState> one = up.says("n1");
        Optional<NodeState> two = up.says("n2");
        String now = words("n1", one) + ", " + words("n2", two);
        if (!now.equals(told)) {
            told = now;
            chronicle.tell("  " + now);
        }
        boolean both = one.filter(RoleWatch::serves).isPresent()
                && two.filter(RoleWatch::serves).isPresent();
        if (!both) {
            twoSinceNs = 0;
            twoTold = false;
        } else {
            if (twoSinceNs == 0) {
                twoSinceNs = System.nanoTime();
            }
            boolean alone = one.get().state() == State.ALONE && two.get().state() == State.ALONE;
            // The first was asked a moment before the second: it is asked again.
            if (!twoTold
                    && alone
                    && up.says("n1").filter(n -> n.state() == State.ALONE).isPresent()) {
                twoTold = true;
                chronicle.anomaly("both nodes serve alone: " + up.describe());
            } else if (!twoTold && System.nanoTime() - twoSinceNs > MOST_PRIM_BESIDE_NS) {
                twoTold = true;
                chronicle.anomaly(
                        "both nodes are primary for " + MOST_PRIM_BESIDE_NS / 1_000_000_000 + " s: " + up.describe());
            }
        }
    }

    private static boolean serves(NodeState node) {
        return node.state().isPrimary() && node.readiness() == Readiness.READY;
    }

    private static String words(String node, Optional<NodeState> state) {
        return state.map(each -> node + " " + each.state() + " " + each.readiness()
                        + (each.hasTwoHistories() ? " (two histories)" : ""))
                .orElse(node + " silent");
    }

    /** No more is told. */
    void end() {
        ended = true;
        thread.interrupt();
    }

    @Override
    public void close() {
        end();
    }
}
