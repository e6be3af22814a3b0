package io.gemel.protocol.model;

import static io.gemel.protocol.model.DataStatus.INCONSISTENT;
import static io.gemel.protocol.model.DataStatus.UP_TO_DATE;
import static io.gemel.protocol.model.Readiness.NOT_READY;
import static io.gemel.protocol.model.Readiness.READY;
import static io.gemel.protocol.model.Readiness.TRANSIENT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HealthTest {

    private static NodeState node(State state, Readiness readiness, DataStatus data) {
        return new NodeState(
                "n",
                state,
                readiness,
                data,
                false,
                "",
                List.of(),
                0,
                LinkState.DOWN,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static void holds(NodeState one, NodeState other, boolean serviceUp, boolean isProtected) {
        assertThat(Health.serviceUp(List.of(one, other))).isEqualTo(serviceUp);
        assertThat(Health.isProtected(List.of(one, other))).isEqualTo(isProtected);
    }

    @Test
    void onlyAReadyPairIsProtected() {
        NodeState prim = node(State.PRIM, READY, UP_TO_DATE);
        holds(prim, node(State.SECOND, READY, UP_TO_DATE), true, true);
        holds(prim, node(State.SECOND, TRANSIENT, INCONSISTENT), true, false);
        holds(prim, node(State.STOP, READY, UP_TO_DATE), true, false);
        holds(node(State.ALONE, READY, UP_TO_DATE), node(State.SECOND, READY, UP_TO_DATE), true, false);
    }

    @Test
    void aNodeThatIsNotReadyDoesNotServe() {
        holds(node(State.PRIM, NOT_READY, UP_TO_DATE), node(State.SECOND, READY, UP_TO_DATE), false, false);
        holds(node(State.ALONE, TRANSIENT, UP_TO_DATE), node(State.WAIT, NOT_READY, UP_TO_DATE), false, false);
        holds(node(State.STOP, READY, UP_TO_DATE), node(State.STOP, READY, UP_TO_DATE), false, false);
    }
}
