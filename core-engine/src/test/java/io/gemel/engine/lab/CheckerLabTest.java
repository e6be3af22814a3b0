package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that fails in each way ends as its module says, and {@code gemel events} says why. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "perl", "mkfs.ext4"})
@Timeout(180)
class CheckerLabTest {

    private static final String NAME = "test-checkers";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Answers each line with PONG, as long as it is not stopped. */
    private static final String APPLICATION = """
            use IO::Socket::INET;
            my $server = IO::Socket::INET->new(LocalPort => 7171, Listen => 50, ReuseAddr => 1) or die "port: $@";
            while (my $client = $server->accept()) { my $line = <$client>; print $client "PONG\\n"; close $client; }
            """;

    private static final String START = """
            #!/bin/sh
            [ ! -e /run/gemel/start-hangs ] || sleep 300
            [ ! -e /run/gemel/start-fails ] || { echo no licence; exit 3; }
            rm -f /run/gemel/ill
            setsid perl "$GEMEL_MODULE_DIR/bin/application.pl" > /dev/null 2>&1 < /dev/null &
            echo $! > /run/gemel/application.pid
            echo "$GEMEL_NODE $GEMEL_STATE" >> /srv/app/starts || true
            """;

    private static final String STOP = """
            #!/bin/sh
            kill -KILL $(cat /run/gemel/application.pid) 2> /dev/null
            rm -f /run/gemel/application.pid
            """;

    private static final String TRANSITION = """
            #!/bin/sh
            echo "$GEMEL_FORMER_STATE $GEMEL_STATE" >> /run/gemel/transitions
            """;

    private static final String TOML = """
            [scripts]
            timeout = "2s"
            [[checker]]
            kind = "process"
            name = "app"
            command = "perl"
            arguments = "application.pl"
            [[checker]]
            kind = "tcp"
            name = "app"
            port = 7171
            send = "PING\\n"
            expect = "^PONG"
            interval = "500ms"
            timeout = "1s"
            [[checker]]
            kind = "custom"
            name = "app"
            script = "check_app"
            interval = "500ms"
            [[checker]]
            kind = "address"
            name = "app"
            interval = "500ms"
            [[checker]]
            kind = "disk"
            name = "data"
            interval = "500ms"
            """;

    @TempDir
    private static Path base;

    private static MirrorLab up;

    /** How long the log of each node was when the test began. */
    private final Map<String, Integer> said = new HashMap<>();

    @BeforeAll
    static void makeLab() throws Exception {
        Path bin = Files.createDirectories(base.resolve(MirrorLab.MODULE).resolve("bin"));
        Files.writeString(bin.resolve("application.pl"), APPLICATION);
        executable(bin.resolve("start_prim"), START);
        executable(bin.resolve("stop_prim"), STOP);
        executable(bin.resolve("transition"), TRANSITION);
        executable(
                bin.resolve("check_app"),
                "#!/bin/sh\n[ ! -e /run/gemel/ill ] || { echo it says that it is ill; exit 1; }\n");
        up = MirrorLab.up(base, LabOptions.standard().withName(NAME).withDisk(LabDisk.parse("200M:ext4")), TOML)
                .mirrored();
    }

    private static void executable(Path file, String text) throws Exception {
        Files.writeString(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    /** n1 serves, n2 mirrors, and what failed on n1 before is forgiven. */
    @BeforeEach
    void asIfNothingHadFailed() {
        for (String node : List.of("n1", "n2")) {
            up.sh(node, "rm -f /run/gemel/start-* /run/gemel/ill");
        }
        up.gemel("n1", "start", MirrorLab.MODULE);
        Deadline.in(PATIENCE).await(() -> mirrors("n1", "n2") || mirrors("n2", "n1"));
        if (mirrors("n2", "n1")) {
            up.gemel("n2", "swap", MirrorLab.MODULE);
        }
        up.awaitMirror("n1", "n2");
        answers("n1");
        for (String node : List.of("n1", "n2")) {
            said.put(node, log(node).length());
        }
    }

    private static String log(String node) {
        try {
            return Files.readString(up.lab.engineLog(node));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean mirrors(String primary, String second) {
        return up.node(primary, primary).state() == State.PRIM
                && up.node(primary, primary).readiness() == Readiness.READY
                && up.node(second, second).readiness() == Readiness.READY;
    }

    /** As each checker of the application finds: one that has not looked yet would not see the end of it. */
    private static void answers(String node) {
        boolean answers = Deadline.in(PATIENCE)
                .await(() -> up.node(node, node).checkers().stream()
                                .filter(checker -> !checker.name().equals("disk.data"))
                                .allMatch(checker -> checker.result() == CheckerResult.UP)
                        && up.node(node, node).checkers().size() == 5);
        assertThat(answers).as(() -> up.node(node, node).toString()).isTrue();
    }

    private static String events(String node) {
        return up.gemel(node, "events", "--module", MirrorLab.MODULE).out();
    }

    /** Since the test began; first in the engine's log, which is cheaper to read again and again. */
    private void says(String node, String... texts) {
        for (String text : texts) {
            assertThat(Deadline.in(PATIENCE)
                            .await(() -> log(node).substring(said.get(node)).contains(text)))
                    .as(() -> "\"" + text + "\" in the events of " + node + ":\n" + events(node))
                    .isTrue();
        }
        assertThat(events(node)).contains(texts);
    }

    private static void kill(String node) {
        answers(node);
        up.sh(node, "kill -KILL $(cat /run/gemel/application.pid)");
    }

    private static void restartedOn(String node) {
        up.await(node, State.PRIM, Readiness.READY);
        up.await(node, "the application was restarted");
        answers(node);
    }

    @Test
    void killed() {
        kill("n1");
        says("n1", "process.app is down: no process perl ... application.pl; ended:", "restart: process.app is down");
        restartedOn("n1");
        assertThat(up.node("n1", "n2").readiness()).as("the mirror stays").isEqualTo(Readiness.READY);
        assertThat(up.node("n1", "n1").virtualIps()).containsExactly("10.77.0.100");
    }

    @Test
    void hung() {
        up.sh("n1", "kill -STOP $(cat /run/gemel/application.pid)");
        says("n1", "tcp.app is down: 127.0.0.1 port 7171 answers nothing within 1000 ms", "restart: tcp.app is down");
        restartedOn("n1");
    }

    @Test
    void illByItsOwnWord() {
        up.sh("n1", "touch /run/gemel/ill");
        says("n1", "custom.app is down: it says that it is ill", "restart: custom.app is down");
        restartedOn("n1");
    }

    @Test
    void itsScriptHangsAndThenFailsAndTheRoleMovesEachTime() {
        up.sh("n1", "touch /run/gemel/start-hangs");
        kill("n1");
        up.await("n2", State.PRIM, Readiness.READY);
        says("n1", "start_prim was not done after 2 s and was ended", "stopstart to n2: it did not start again");
        up.sh("n1", "rm /run/gemel/start-hangs");
        up.awaitMirror("n2", "n1");
        up.sh("n2", "touch /run/gemel/start-fails");
        kill("n2");
        up.awaitMirror("n1", "n2");
        says("n2", "start_prim failed with exit code 3: no licence", "stopstart to n1: it did not start again");
        assertThat(up.sh("n1", "cat /run/gemel/transitions")).contains("PRIM SECOND\nSECOND PRIM\n");
    }

    @Test
    void itsDiskIsFull() {
        up.lab.fill("n1");
        try {
            says("n1", "disk.data is down: /srv/app has 0 MiB free (0%), at least 2%", "stopstart to n2: disk.data");
            assertThat(Deadline.in(PATIENCE)
                            .await(() -> up.node("n2", "n2").state().isPrimary()))
                    .isTrue();
            up.await("n1", "n1", "disk.data is down");
        } finally {
            up.lab.unfill("n1");
        }
        says("n1", "disk.data is up");
    }

    @Test
    void itsAddressIsRemovedAndAddedAgainAndNobodyTakesOver() {
        String present = "ip -o address show to 10.77.0.100";
        up.sh("n1", "ip address del 10.77.0.100/24 dev $(" + present + " | awk '{print $2; exit}')");
        assertThat(Deadline.in(PATIENCE).await(() -> !up.sh("n1", present).isEmpty()))
                .isTrue();
        assertThat(log("n1").substring(said.get("n1")))
                .contains("somebody removed a virtual IP of [10.77.0.100/24]: it was added again")
                .doesNotContain("stopstart");
        assertThat(mirrors("n1", "n2")).isTrue();
    }

    @Test
    void anotherMachineHasItsAddress() {
        String device = " dev $(ip -o address show to 10.77.0.0/24 | awk '{print $2; exit}')";
        assertThat(up.lab
                        .client("sh", "-c", "ip address add 10.77.0.100/24" + device)
                        .ok())
                .isTrue();
        try {
            says("n1", "another machine (", "answers for 10.77.0.100");
        } finally {
            up.lab.client("sh", "-c", "ip address del 10.77.0.100/24" + device);
        }
        says("n1", "address.app is up: [10.77.0.100/24] here and nowhere else");
        assertThat(mirrors("n1", "n2")).as("nobody takes over for it").isTrue();
    }

    @Test
    void failsAgainAndAgain() {
        for (int i = 0; i < 3; i++) {
            String before = up.sh("n1", "cat /run/gemel/application.pid");
            kill("n1");
            assertThat(Deadline.in(PATIENCE)
                            .await(() -> !up.sh("n1", "cat /run/gemel/application.pid || true")
                                    .equals(before)))
                    .isTrue();
            restartedOn("n1");
        }
        kill("n1");
        up.await("n1", State.STOP, Readiness.READY);
        says("n1", "stop: it failed more than 3 times within 24 h, last because process.app is down");
        assertThat(up.node("n1", "n1").reason()).contains("find the cause, then gemel start app");
        up.await("n2", State.ALONE, Readiness.READY);
        answers("n2");
        assertThat(up.gemel("n1", "events", "--json", "--last", "500").out())
                .contains("\"kind\":\"ACTION\",\"text\":\"stop: it failed more than 3 times");
    }
}
