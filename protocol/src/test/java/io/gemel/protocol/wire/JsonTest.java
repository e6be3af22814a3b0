package io.gemel.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.CheckerState;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.ResyncProgress;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.UnsharedChanges;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonTest {

    private static NodeState node(String name, State state, Optional<ResyncProgress> resync) {
        return new NodeState(
                name,
                state,
                Readiness.READY,
                DataStatus.UP_TO_DATE,
                false,
                "because",
                List.of("10.77.0.100"),
                12,
                new LinkState(true, 1, 2, true),
                resync,
                Optional.of(new UnsharedChanges(60_000, 3, 4, true)),
                Optional.of(70_000L),
                List.of(new CheckerState("tcp.db", CheckerResult.DOWN, 5, "refused", "restart")));
    }

    private static final ClusterState STATE = new ClusterState(
            "shop",
            List.of(ModuleState.of(
                    "app",
                    Mode.MIRROR,
                    List.of(
                            node("n1", State.PRIM, Optional.empty()),
                            node("n2", State.SECOND, Optional.of(new ResyncProgress("files", 1, 2, 3, 4, -1)))))));

    @Test
    void whatIsWrittenIsReadBack() {
        assertThat(Json.read(ClusterState.class, Json.write(ClusterState.class, STATE)))
                .isEqualTo(STATE);
    }

    @Test
    void theShapeIsTheDocumentedOne() {
        assertThat(Json.write(ClusterState.class, STATE))
                .startsWith(
                        "{\"cluster\":\"shop\",\"modules\":[{\"name\":\"app\",\"mode\":\"mirror\",\"serviceUp\":true,"
                                + "\"protected\":true,\"nodes\":[{\"node\":\"n1\",\"state\":\"PRIM\",\"readiness\":\"READY\","
                                + "\"dataStatus\":\"UP_TO_DATE\",\"degraded\":false,\"reason\":\"because\","
                                + "\"virtualIps\":[\"10.77.0.100\"],\"ageMs\":12,"
                                + "\"link\":{\"up\":true,\"bytesSent\":1,\"bytesReceived\":2,\"encrypted\":true},\"resync\":null,"
                                + "\"unshared\":{\"sinceMs\":60000,\"objects\":3,\"bytes\":4,\"atLeast\":true},\"snapshotSinceMs\":70000,"
                                + "\"checkers\":[{\"name\":\"tcp.db\",\"result\":\"DOWN\",\"sinceMs\":5,"
                                + "\"reason\":\"refused\",\"action\":\"restart\"}]}");
    }

    @Test
    void aFieldOfANewerVersionIsIgnored() {
        String newer = Json.write(LinkState.class, LinkState.DOWN).replace("{", "{\"colour\":[1,{}],");
        assertThat(Json.read(LinkState.class, newer)).isEqualTo(LinkState.DOWN);
    }

    @Test
    void aMissingFieldIsNamed() {
        assertThatThrownBy(() -> Json.read(LinkState.class, "{\"up\":true,\"bytesSent\":1,\"encrypted\":false}"))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("bytesReceived");
        assertThatThrownBy(() -> Json.read(ClusterState.class, "{\"modules\":[]}"))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("cluster");
    }

    @Test
    void nonsenseIsRefusedAsSuch() {
        for (String text : List.of("", "null", "[]", "{", "{\"up\":\"maybe\"}")) {
            assertThatThrownBy(() -> Json.read(LinkState.class, text)).isInstanceOf(WireException.class);
        }
    }
}
