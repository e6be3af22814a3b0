package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.gemel.engine.module.ModuleConfig.Mode;
import io.gemel.engine.module.ModuleConfig.Replication;
import io.gemel.engine.module.ModuleConfig.Sync;
import io.gemel.engine.module.Script.Name;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(60)
class ScriptTest {

    private static final long DEADLINE_MS = 10_000;

    @TempDir
    Path folder;

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger("gemel.module.app");

    @BeforeEach
    void theModulesLogIsRead() throws IOException {
        Files.createDirectories(folder.resolve("bin"));
        log.setLevel(Level.INFO);
        log.setAdditive(false);
        logged.start();
        log.addAppender(logged);
    }

    @AfterEach
    void theLogIsAsBefore() {
        log.detachAppender(logged);
        log.setAdditive(true);
        log.setLevel(null);
    }

    @Test
    void aScriptFindsItsVariablesAndItsLinesAreInTheModulesLog() throws IOException {
        script(Name.START_PRIM, """
                echo "$GEMEL_MODULE $GEMEL_NODE $GEMEL_STATE $GEMEL_VIRTUAL_IP"
                echo "$GEMEL_VIRTUAL_IPS $GEMEL_DIRECTORIES $GEMEL_SERVICES" >&2
                echo "$GEMEL_MODULE_DIR $PWD"
                printf 'without an end'
                """);
        Script.Result result = run(Name.START_PRIM, Duration.ofSeconds(30));
        assertThat(result).isInstanceOfSatisfying(Script.Finished.class, finished -> {
            assertThat(finished.exit()).isZero();
            assertThat(finished.lastLine()).isEqualTo("without an end");
        });
        assertThat(result.good()).isTrue();
        assertThat(lines())
                .contains(
                        "start_prim: app n1 PRIM 10.0.0.100",
                        "start_prim: 10.0.0.100 10.0.0.101 /srv/a:/srv/b one two",
                        "start_prim: " + folder + " " + folder,
                        "start_prim: without an end");
    }

    @Test
    void aFailureNamesTheExitCodeAndTheLastLine() throws IOException {
        script(Name.STOP_PRIM, "echo first\necho no such database\nexit 3");
        Script.Result result = run(Name.STOP_PRIM, Duration.ofSeconds(30));
        assertThat(result.good()).isFalse();
        assertThat(result.sentence()).isEqualTo("stop_prim failed with exit code 3: no such database");
    }

    @Test
    void aMissingScriptIsFineAndOneThatCannotRunIsNot() throws IOException {
        assertThat(run(Name.PRESTART, Duration.ofSeconds(5)).good()).isTrue();
        Files.writeString(folder.resolve("bin/prestart"), "#!/bin/sh\n");
        assertThat(run(Name.PRESTART, Duration.ofSeconds(5)))
                .isInstanceOf(Script.CannotRun.class)
                .extracting(Script.Result::sentence)
                .asString()
                .contains("chmod +x " + folder.resolve("bin/prestart"));
    }

    @Test
    void aProgramLeftInTheBackgroundDoesNotHoldTheRunnerUp() throws IOException {
        script(Name.START_PRIM, "sleep 300 &\necho $! >pid\necho started");
        long startNs = System.nanoTime();
        Script.Result result = run(Name.START_PRIM, Duration.ofSeconds(50));
        long tookMs = (System.nanoTime() - startNs) / 1_000_000;
        ProcessHandle left = ProcessHandle.of(pidIn("pid")).orElseThrow();
        try {
            assertThat(result.good()).isTrue();
            assertThat(tookMs).isLessThan(DEADLINE_MS);
            assertThat(left.isAlive()).isTrue();
            assertThat(lines()).contains("start_prim: started");
        } finally {
            left.destroyForcibly();
        }
    }

    @Test
    void whenTheTimeIsOverTheScriptIsEndedWithEverythingItStarted() throws IOException {
        script(Name.START_PRIM, "sh -c 'trap \"\" TERM; sleep 300' &\necho $! >pid\nwait");
        Script.Result result = run(Name.START_PRIM, Duration.ofSeconds(1));
        assertThat(result).isEqualTo(new Script.TimedOut(Name.START_PRIM, Duration.ofSeconds(1), false));
        assertThat(result.sentence()).isEqualTo("start_prim was not done after 1 s and was ended");
        long child = pidIn("pid");
        long deadlineNs = System.nanoTime() + DEADLINE_MS * 1_000_000;
        while (running(child)) {
            assertThat(System.nanoTime()).as("the child is ended").isLessThan(deadlineNs);
            Thread.onSpinWait();
        }
    }

    @Test
    void anInterruptEndsTheScript() throws Exception {
        script(Name.START_PRIM, "echo $$ >pid\nsleep 300");
        Thread thread = Thread.ofPlatform().start(() -> run(Name.START_PRIM, Duration.ofSeconds(50)));
        long deadlineNs = System.nanoTime() + DEADLINE_MS * 1_000_000;
        while (!Files.exists(folder.resolve("pid")) || Files.size(folder.resolve("pid")) == 0) {
            assertThat(System.nanoTime()).as("the script runs").isLessThan(deadlineNs);
            Thread.onSpinWait();
        }
        thread.interrupt();
        thread.join(DEADLINE_MS);
        assertThat(thread.isAlive()).isFalse();
        while (running(pidIn("pid"))) {
            assertThat(System.nanoTime()).as("the script is ended").isLessThan(deadlineNs);
            Thread.onSpinWait();
        }
    }

    @Test
    void servicesAreStartedInOrderAndStoppedInReverse() throws IOException {
        Path calls = folder.resolve("calls");
        Services services = services("echo \"$1 $2\" >>" + calls);
        services.disableOnBoot();
        services.start();
        services.stop();
        assertThat(Files.readAllLines(calls))
                .containsExactly("disable one", "disable two", "start one", "start two", "stop two", "stop one");
    }

    @Test
    void aServiceThatFailsIsNamedAndTheOthersAreStoppedAllTheSame() throws IOException {
        Path calls = folder.resolve("calls");
        Services services = services("echo \"$1 $2\" >>" + calls + "\n[ $2 = one ] || { echo bad unit; exit 1; }");
        assertThatThrownBy(services::stop).isInstanceOfSatisfying(Problem.class, problem -> {
            assertThat(problem.what()).isEqualTo("systemctl stop two failed: bad unit");
            assertThat(problem.nextStep()).contains("journalctl -u two");
        });
        assertThat(Files.readAllLines(calls)).containsExactly("stop two", "stop one");
    }

    @Test
    void withoutSystemdTheProblemSaysWhatToDo() {
        Services services = new Services(
                module(Duration.ofSeconds(5)), folder.resolve("nowhere"), "systemctl", folder.resolve("init.d"));
        assertThatThrownBy(services::start).isInstanceOfSatisfying(Problem.class, problem -> {
            assertThat(problem.what()).contains("the service one", "systemd does not run");
            assertThat(problem.nextStep()).contains("bin/start_prim");
        });
    }

    @Test
    void withoutSystemdTheScriptsOfTheMachineAreCalled() throws IOException {
        Path calls = folder.resolve("calls");
        Path initScripts = Files.createDirectories(folder.resolve("init.d"));
        executable(initScripts.resolve("one"), "echo one $1 >>" + calls);
        executable(
                initScripts.resolve("two"), "echo two $1 >>" + calls + "\n[ $1 = stop ] && { echo busy; exit 1; }; :");
        Services services =
                new Services(module(Duration.ofSeconds(5)), folder.resolve("nowhere"), "systemctl", initScripts);
        services.disableOnBoot();
        services.start();
        assertThatThrownBy(services::stop)
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.what())
                                .isEqualTo(initScripts.resolve("two") + " stop failed: busy"));
        assertThat(Files.readAllLines(calls)).containsExactly("one start", "two start", "two stop", "one stop");
    }

    private Services services(String body) throws IOException {
        Path systemctl = folder.resolve("systemctl");
        executable(systemctl, body);
        return new Services(module(Duration.ofSeconds(30)), folder, systemctl.toString(), folder.resolve("init.d"));
    }

    private Script.Result run(Name name, Duration timeout) {
        return new Script(module(timeout), "n1").run(name, "PRIM");
    }

    private ModuleConfig module(Duration timeout) {
        VirtualIp.Place place = new VirtualIp.BySubnet();
        return new ModuleConfig(
                "app",
                folder,
                Mode.MIRROR,
                List.of("one", "two"),
                new Replication(List.of(Path.of("/srv/a"), Path.of("/srv/b")), Sync.WRITE, List.of(), 0),
                List.of(
                        VirtualIp.parse("10.0.0.100/24", place).orElseThrow(),
                        VirtualIp.parse("10.0.0.101/24", place).orElseThrow()),
                timeout,
                Optional.empty());
    }

    private void script(Name name, String body) throws IOException {
        executable(folder.resolve("bin").resolve(name.file()), body);
    }

    private static void executable(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private long pidIn(String file) throws IOException {
        return Long.parseLong(Files.readString(folder.resolve(file)).strip());
    }

    /** A zombie whose new parent has not fetched it yet has ended too. */
    private static boolean running(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException e) {
            return false;
        }
    }

    private List<String> lines() {
        return logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
