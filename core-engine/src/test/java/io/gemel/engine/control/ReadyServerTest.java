package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ReadyServerTest {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    /** n2 always serves, for whoever confuses the nodes. */
    private record Service(State n1State, Readiness n1Readiness) implements CommandService {
        @Override
        public List<LoggedEvent> events(EventQuery query) {
            return List.of(new LoggedEvent(query.after() + 1, 1, "n1", query.module(), EventKind.NOTE, "said"));
        }

        @Override
        public ClusterState state() {
            List<NodeState> nodes = List.of(node("n1", n1State, n1Readiness), node("n2", State.PRIM, Readiness.READY));
            return new ClusterState("shop", List.of(ModuleState.of("app", Mode.MIRROR, nodes)));
        }

        private static NodeState node(String name, State state, Readiness readiness) {
            return new NodeState(
                    name,
                    state,
                    readiness,
                    DataStatus.UP_TO_DATE,
                    false,
                    "so it is",
                    List.of(),
                    0,
                    LinkState.DOWN,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        @Override
        public void command(CommandRequest request, Consumer<CommandUpdate> updates) {
            throw new AssertionError("nobody may command here");
        }
    }

    private static HttpResponse<String> ask(int port, String method, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .method(method, HttpRequest.BodyPublishers.noBody())
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return client.send(request, BodyHandlers.ofString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ALONE, READY, 200",
        "PRIM, READY, 200",
        "ALONE, TRANSIENT, 503",
        "PRIM, TRANSIENT, 503",
        "SECOND, READY, 503",
        "WAIT, NOT_READY, 503",
        "STOP, READY, 503"
    })
    void onlyWhereTheModuleServesTheAnswerIsYes(State state, Readiness readiness, int code) throws Exception {
        try (ReadyServer server = ReadyServer.open(ANY_PORT, "n1", new Service(state, readiness))) {
            int port = server.address().getPort();
            HttpResponse<String> answer = ask(port, "GET", "/v1/modules/app/ready");
            assertThat(answer.statusCode()).isEqualTo(code);
            assertThat(answer.body()).contains("n1 is " + state + " " + readiness + ": so it is");
            assertThat(ask(port, "HEAD", "/v1/modules/app/ready").statusCode()).isEqualTo(code);
        }
    }

    @Test
    void nothingElseIsAnswered() throws Exception {
        try (ReadyServer server = ReadyServer.open(ANY_PORT, "n1", new Service(State.PRIM, Readiness.READY))) {
            int port = server.address().getPort();
            for (String path : List.of("/v1/modules/other/ready", "/", "/v1/modules/app", "/v1/modules/app/ready/x")) {
                assertThat(ask(port, "GET", path).statusCode()).as(path).isEqualTo(404);
            }
            assertThat(ask(port, "POST", "/v1/modules/app/ready").statusCode()).isEqualTo(405);
        }
    }

    @Test
    void aPortThatIsTakenIsTriedAgain() throws Exception {
        Service service = new Service(State.PRIM, Readiness.READY);
        int port;
        AutoCloseable server;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
            server = ReadyServer.keepOpen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), "n1", service);
        }
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            int code = 0;
            while (code != 200 && System.nanoTime() < deadline) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                try {
                    code = ask(port, "GET", "/v1/modules/app/ready").statusCode();
                } catch (java.io.IOException e) {
                    code = 0;
                }
            }
            assertThat(code).isEqualTo(200);
        } finally {
            server.close();
        }
    }
}
