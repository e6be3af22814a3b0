package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Verb;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalSocketTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final ClusterState STATE = new ClusterState("shop", List.of());

    @TempDir
    Path dir;

    private LocalSocket socket;

    /** Carries out "stop", fails "swap", and never ends anything else. */
    private static final class Service implements CommandService {
        @Override
        public List<LoggedEvent> events(EventQuery query) {
            return List.of(new LoggedEvent(query.after() + 1, 1, "n1", query.module(), EventKind.NOTE, "said"));
        }

        @Override
        public ClusterState state() {
            return STATE;
        }

        @Override
        public void command(CommandRequest request, Consumer<CommandUpdate> updates) {
            updates.accept(new CommandUpdate(request.id(), CommandUpdate.Stage.ACCEPTED, "stop app", ""));
            if (request.verb() == Verb.STOP) {
                updates.accept(new CommandUpdate(request.id(), CommandUpdate.Stage.DONE, "stopped", ""));
            } else if (request.verb() == Verb.SWAP) {
                updates.accept(CommandUpdate.failed(request.id(), new Problem("no second", "gemel second app")));
            }
        }
    }

    @BeforeEach
    void open() {
        socket = LocalSocket.open(path(), new Service());
    }

    @AfterEach
    void close() {
        socket.close();
    }

    private Path path() {
        return dir.resolve("engine.sock");
    }

    private static CommandRequest request(Verb verb) {
        return new CommandRequest("1", verb, "app", "", false, "", false);
    }

    @Test
    void theStateArrivesAsTheEngineSaidIt() {
        assertThat(new LocalClient(path()).state(PATIENCE)).isEqualTo(STATE);
    }

    @Test
    void eventsArriveInTheirOrder() {
        assertThat(new LocalClient(path()).events(new EventQuery("app", 6, 10), PATIENCE))
                .containsExactly(new LoggedEvent(7, 1, "n1", "app", EventKind.NOTE, "said"));
    }

    @Test
    void aCommandIsFollowedToItsEnd() {
        List<CommandUpdate> seen = new ArrayList<>();
        CommandUpdate end = new LocalClient(path()).command(request(Verb.STOP), PATIENCE, seen::add);
        assertThat(end.stage()).isEqualTo(CommandUpdate.Stage.DONE);
        assertThat(seen).extracting(CommandUpdate::text).containsExactly("stop app", "stopped");
        end = new LocalClient(path()).command(request(Verb.SWAP), PATIENCE, seen::add);
        assertThat(end.nextStep()).isEqualTo("gemel second app");
    }

    @Test
    void onlyRootMayOpenIt() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-------");
    }

    @Test
    void aClientThatHangsHoldsUpNobody() throws Exception {
        try (SocketChannel hanging = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            hanging.connect(UnixDomainSocketAddress.of(path()));
            assertThat(new LocalClient(path()).state(Duration.ofSeconds(5))).isEqualTo(STATE);
        }
    }

    @Test
    void anEngineThatSaysNothingIsGivenUpInTime() {
        LocalClient client = new LocalClient(path());
        assertThatThrownBy(() -> client.command(request(Verb.PRIM), Duration.ofMillis(300), update -> {}))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("may still be done");
    }

    @Test
    void nonsenseIsAnsweredAndDoesNoHarm() throws Exception {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path()));
            client.write(ByteBuffer.wrap("{\"ask\":\"colour\",\"more\":1}\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(new LineChannel(client).read().orElseThrow()).contains("does not know the question");
        }
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path()));
            client.write(ByteBuffer.wrap("no JSON\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(new LineChannel(client).read().orElseThrow()).contains("not a valid Ask");
        }
        assertThat(new LocalClient(path()).state(PATIENCE)).isEqualTo(STATE);
    }

    @Test
    void aLineWithoutAnEndIsNotKept() throws Exception {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path()));
            assertThatThrownBy(() -> {
                        for (int written = 0; written < 4 * LocalMessage.MAX_LINE_BYTES; ) {
                            written += client.write(ByteBuffer.allocate(1 << 16));
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        assertThat(new LocalClient(path()).state(PATIENCE)).isEqualTo(STATE);
    }

    @Test
    void whoNeverAsksIsLetGo() throws Exception {
        try (SocketChannel silent = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            silent.connect(UnixDomainSocketAddress.of(path()));
            assertThat(new LineChannel(silent).read())
                    .as("a question, where none was asked")
                    .isEmpty();
        }
    }

    @Test
    void withoutAnEngineTheNextStepIsToStartIt() {
        socket.close();
        LocalClient client = new LocalClient(path());
        assertThatThrownBy(() -> client.state(PATIENCE))
                .isInstanceOfSatisfying(
                        Problem.class, problem -> assertThat(problem.nextStep()).contains("systemctl start gemel"));
    }
}
