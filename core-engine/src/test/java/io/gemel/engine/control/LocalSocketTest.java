package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.testing.RequiresRoot;
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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalSocketTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long SETRESUID = 117;
    private static final long NOBODY = 65_534;
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

    /** What the engine answers a connection whose other end the kernel says is this user; only its own thread is that user. */
    private String answeredAs(long uid) throws InterruptedException {
        AtomicReference<String> answer = new AtomicReference<>("");
        Thread other = Thread.ofPlatform().start(() -> {
            // On this thread alone: the C library's setresuid would change every thread.
            assertThat(Syscall.call(SETRESUID, -1, uid, -1)).isZero();
            try {
                new LocalClient(path()).state(PATIENCE);
                answer.set("let in");
            } catch (Problem e) {
                answer.set(e.what());
            }
        });
        other.join();
        return answer.get();
    }

    private void openFor(List<String> administrators) throws IOException {
        socket.close();
        socket = LocalSocket.open(path(), new Service(), administrators);
        // Whoever reaches the file: the modes of files must not decide.
        Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    @RequiresRoot
    void anotherUserOfTheMachineIsRefusedWhateverTheModesOfFilesAllow() throws Exception {
        openFor(List.of());
        assertThat(answeredAs(NOBODY)).contains("only root may command").contains("not the user");
        assertThat(answeredAs(0)).isEqualTo("let in");
    }

    @Test
    @RequiresRoot
    void whomTheConfigurationNamesMayCommand() throws Exception {
        openFor(List.of("nobody", "no-such-user"));
        assertThat(answeredAs(NOBODY)).isEqualTo("let in");
        assertThat(answeredAs(NOBODY - 1)).contains("only root and nobody, no-such-user may command");
    }

    @Test
    void whoFollowsIsToldWhatHappensWhenItHappens() throws Exception {
        Told service = new Told();
        socket.close();
        socket = LocalSocket.open(path(), service);
        BlockingQueue<LoggedEvent> heard = new LinkedBlockingQueue<>();
        Thread follower = Thread.ofVirtual().start(() -> {
            try {
                new LocalClient(path()).follow(new EventQuery("", 0, 2), heard::addAll);
            } catch (Problem e) {
                // The engine ended.
            }
        });
        for (long number = 1; number <= 5; number++) {
            long startNs = System.nanoTime();
            service.happens(number);
            assertThat(heard.poll(5, TimeUnit.SECONDS).number()).isEqualTo(number);
            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(5));
        }
        socket.close();
        follower.join();
    }

    /** Keeps what happens, and tells it. */
    private static final class Told implements CommandService {
        private final List<LoggedEvent> all = new CopyOnWriteArrayList<>();
        private final List<Consumer<LoggedEvent>> ears = new CopyOnWriteArrayList<>();

        void happens(long number) {
            LoggedEvent event = new LoggedEvent(number, 1, "n1", "app", EventKind.NOTE, "said");
            all.add(event);
            ears.forEach(each -> each.accept(event));
        }

        @Override
        public AutoCloseable follow(Consumer<LoggedEvent> events) {
            ears.add(events);
            return () -> ears.remove(events);
        }

        @Override
        public List<LoggedEvent> events(EventQuery query) {
            return all.stream()
                    .filter(event -> event.number() > query.after())
                    .limit(query.most())
                    .toList();
        }

        @Override
        public ClusterState state() {
            return STATE;
        }

        @Override
        public void command(CommandRequest request, Consumer<CommandUpdate> updates) {}
    }
}
