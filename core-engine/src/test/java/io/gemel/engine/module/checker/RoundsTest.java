package io.gemel.engine.module.checker;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.module.CheckerConfig;
import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.Probe;
import io.gemel.engine.module.Script;
import io.gemel.engine.module.Surveillance;
import io.gemel.engine.module.VirtualIps;
import io.gemel.protocol.model.CheckerResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of checker sees what it is for, and says it once. */
@Timeout(60)
class RoundsTest {

    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final long PATIENCE_S = 30;

    private record Said(String checker, long run, CheckerResult result, String why) {}

    @TempDir
    Path folder;

    private final BlockingQueue<Said> said = new LinkedBlockingQueue<>();
    private final AtomicReference<String> notServed = new AtomicReference<>("");
    private Rounds rounds;

    @AfterEach
    void end() {
        if (rounds != null) {
            rounds.close();
        }
    }

    private void watch(Probe probe) {
        watch(probe, INTERVAL, 1);
    }

    private void watch(Probe probe, Duration interval, int failures) {
        CheckerConfig checker = new CheckerConfig("it", probe, interval, TIMEOUT, failures, Action.RESTART);
        ModuleConfig module = new ModuleConfig(
                "app",
                folder,
                ModuleConfig.Mode.MIRROR,
                List.of(),
                new ModuleConfig.Replication(List.of(folder), ModuleConfig.Sync.WRITE, List.of(), 0),
                List.of(),
                Duration.ofSeconds(5),
                Optional.empty(),
                new Surveillance(
                        List.of(checker), List.of(), 1, Duration.ofHours(1), ApplicationRules.DEFAULT_START_TIMEOUT));
        rounds = new Rounds(
                new Surroundings(
                        module, new Script(module, "n1"), new VirtualIps(List.of(), Map.of()), name -> notServed.get()),
                (name, run, result, why) -> said.add(new Said(name, run, result, why)));
        rounds.start();
        rounds.watch(7);
    }

    private String hears(CheckerResult result) throws InterruptedException {
        Said next = said.poll(PATIENCE_S, TimeUnit.SECONDS);
        assertThat(next).as("something is said").isNotNull();
        assertThat(next.result()).as(next.toString()).isEqualTo(result);
        return next.why();
    }

    private Process sleeper() throws IOException {
        return new ProcessBuilder("sleep", "4242").start();
    }

    @Test
    void theEndOfAProcessIsSeenAtOnce() throws Exception {
        Process process = sleeper();
        // An interval far beyond the test's patience: only the descriptor can tell.
        watch(new Probe.Processes("sleep", "4242", 1, 0), Duration.ofHours(1), 1);
        assertThat(hears(CheckerResult.UP)).isEqualTo("1 process sleep ... 4242");
        process.destroyForcibly().waitFor();
        assertThat(hears(CheckerResult.DOWN)).isEqualTo("no process sleep ... 4242; ended: " + process.pid());
        assertThat(rounds.states().getFirst().reason()).contains("no process");
    }

    @Test
    void tooManyProcessesAreAsBadAsTooFew() throws Exception {
        Process one = sleeper();
        try {
            watch(new Probe.Processes("sleep", "4242", 1, 1));
            hears(CheckerResult.UP);
            Process two = sleeper();
            assertThat(hears(CheckerResult.DOWN)).isEqualTo("2 processes sleep ... 4242, at most 1");
            two.destroyForcibly().waitFor();
            hears(CheckerResult.UP);
        } finally {
            one.destroyForcibly().waitFor();
        }
    }

    private static Probe.Tcp tcp(ServerSocket server, String send, String expect) {
        return new Probe.Tcp(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()), send, expect);
    }

    @Test
    void aPortThatNobodyListensAtIsDown() throws Exception {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        watch(tcp(server, "", ""), INTERVAL, 2);
        hears(CheckerResult.UP);
        server.close();
        assertThat(hears(CheckerResult.DOWN)).contains("port " + server.getLocalPort(), "refused");
    }

    @Test
    void aPortThatTakesConnectionsAndAnswersNothingIsDownOnlyWhereAnAnswerIsExpected() throws Exception {
        try (ServerSocket hung = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            watch(tcp(hung, "PING\n", "^PONG"));
            assertThat(hears(CheckerResult.DOWN)).endsWith("answers nothing within 1000 ms");
            Thread.ofVirtual().start(() -> answer(hung));
            hears(CheckerResult.UP);
        }
    }

    private static void answer(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                client.getOutputStream().write("PO".getBytes(StandardCharsets.US_ASCII));
                client.getOutputStream().write("NG\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // Those that had given up come first.
            }
        }
    }

    @Test
    void aUrlIsUpWithAGoodCodeAndTheExpectedText() throws Exception {
        AtomicReference<String> text = new AtomicReference<>("all well");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = text.get().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(text.get().isEmpty() ? 500 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            watch(new Probe.Http(url, "well"));
            assertThat(hears(CheckerResult.UP)).endsWith("answers code 200");
            text.set("ill");
            assertThat(hears(CheckerResult.DOWN)).endsWith("without the expected text");
            text.set("well again");
            hears(CheckerResult.UP);
            text.set("");
            assertThat(hears(CheckerResult.DOWN)).endsWith("answers code 500");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void anAddressOfNobodyDoesNotAnswer() throws Exception {
        watch(new Probe.Ping(InetAddress.ofLiteral("240.0.0.1")));
        assertThat(hears(CheckerResult.DOWN)).contains("240.0.0.1");
    }

    @Test
    void anInterfaceThatIsNotThereIsDown() throws Exception {
        watch(new Probe.Interface("nosuch0"));
        assertThat(hears(CheckerResult.DOWN)).isEqualTo("there is no interface nosuch0");
    }

    @Test
    void aDiskIsUpAsLongAsThereIsRoom() throws Exception {
        watch(new Probe.Disk(List.of(), 0, 1));
        assertThat(hears(CheckerResult.UP)).startsWith(folder + " has ").contains(" MiB free (");
        rounds.close();
        watch(new Probe.Disk(List.of(), 0, Long.MAX_VALUE));
        assertThat(hears(CheckerResult.DOWN)).contains(" MiB free (", "at least");
        rounds.close();
        watch(new Probe.Disk(List.of(folder.resolve("nowhere")), 1, 0));
        assertThat(hears(CheckerResult.DOWN)).contains("nowhere cannot be looked at");
        rounds.close();
        watch(new Probe.Disk(List.of(Path.of("/sys")), 0, 0));
        hears(CheckerResult.UP);
    }

    private void script(String text) throws IOException {
        Path file = Files.createDirectories(folder.resolve("bin")).resolve("check");
        Path fresh = folder.resolve("bin/new");
        Files.writeString(fresh, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void aScriptsCodeSaysUpDownOrErrorAndItsLastLineWhy() throws Exception {
        script("echo fine");
        watch(new Probe.Custom("check"));
        assertThat(hears(CheckerResult.UP)).isEqualTo("fine");
        script("echo first; echo no answer; exit 1");
        assertThat(hears(CheckerResult.DOWN)).isEqualTo("no answer");
        script("exit 3");
        assertThat(hears(CheckerResult.ERROR)).isEqualTo("check ended with code 3");
        script("sleep 60");
        assertThat(hears(CheckerResult.DOWN)).isEqualTo("check was not done after 1000 ms");
        Files.delete(folder.resolve("bin/check"));
        assertThat(hears(CheckerResult.ERROR)).contains("there is no executable");
    }

    @Test
    void anotherModuleIsUpWhenSomeNodeServesIt() throws Exception {
        notServed.set("db is not served by any node");
        watch(new Probe.OtherModule("db"));
        assertThat(hears(CheckerResult.DOWN)).isEqualTo("db is not served by any node");
        notServed.set("");
        hears(CheckerResult.UP);
    }

    @Test
    void whatTheApplicationsCheckersFindIsOfItsRunAndNothingComesAfterItsEnd() throws Exception {
        script("exit 1");
        watch(new Probe.Custom("check"));
        Said first = said.poll(PATIENCE_S, TimeUnit.SECONDS);
        assertThat(first).isEqualTo(new Said("custom.it", 7, CheckerResult.DOWN, "check ended with code 1"));
        rounds.unwatch();
        assertThat(rounds.states().getFirst().result()).isEqualTo(CheckerResult.UNKNOWN);
        rounds.watch(8);
        assertThat(said.poll(PATIENCE_S, TimeUnit.SECONDS).run()).isEqualTo(8);
    }
}
