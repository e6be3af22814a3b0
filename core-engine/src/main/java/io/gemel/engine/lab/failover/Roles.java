package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.time.Duration;
import java.util.List;

/**
 * The roles of a module on the nodes n1 and n2 of a lab.
 *
 * @param lab with both engines running
 * @param module its name
 */
public record Roles(Lab lab, String module) {

    private static final Duration READY = Duration.ofMinutes(3);

    /** Makes n1 the primary and n2 the second. */
    public void begin() {
        must(lab.exec(READY, "n1", List.of("gemel", "prim", module)));
        must(lab.exec(READY, "n2", List.of("gemel", "second", module)));
    }

    /** Returns when a node says that it is that and READY. */
    public void await(String node, State state) {
        if (!Deadline.in(READY).await(() -> is(node, state))) {
            throw new Problem(node + " did not become " + state + " READY", "gemel lab state --name " + lab.name());
        }
    }

    private boolean is(String node, State state) {
        return lab.engineSays(node, module, node)
                .filter(each -> each.state() == state && each.readiness() == Readiness.READY)
                .isPresent();
    }

    private static void must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem(result.whatItSaid(), "gemel state");
        }
    }
}
