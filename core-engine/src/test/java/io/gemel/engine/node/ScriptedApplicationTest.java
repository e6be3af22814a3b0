package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.journal.EventLog;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.Script;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
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

/** When each of the nine scripts runs, and what its failure does. */
@Timeout(120)
class ScriptedApplicationTest {

    @TempDir
    Path folder;

    private Path calls;
    private Journal journal;
    private EventLog log;
    private ScriptedApplication application;

    @BeforeEach
    void allScripts() throws IOException {
        calls = folder.resolve("calls");
        Files.createFile(calls);
        Files.createDirectories(folder.resolve("bin"));
        for (Script.Name name : Script.Name.values()) {
            script(name, "true");
        }
        ModuleConfig module = new ModuleConfig(
                "app",
                folder,
                ModuleConfig.Mode.MIRROR,
                List.of(),
                new ModuleConfig.Replication(List.of(folder), ModuleConfig.Sync.WRITE, List.of(), 0),
                List.of(),
                Duration.ofSeconds(20),
                Optional.empty());
        journal = Journal.open(folder.resolve("journal"), "sha256:aa");
        log = journal.events();
        application = new ScriptedApplication(module, new Script(module, "n1"), ModuleEvents.into(log, "n1", "app"));
    }

    @AfterEach
    void end() {
        application.close();
        journal.close();
    }

    private void script(Script.Name name, String end) throws IOException {
        Path file = folder.resolve("bin").resolve(name.file());
        Files.writeString(
                file,
                "#!/bin/sh\necho \"" + name.file() + " $GEMEL_STATE $GEMEL_FORMER_STATE\" >> " + calls + "\n" + end
                        + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private List<String> calls() throws IOException {
        application.close(); // Waits for those that nobody waits for.
        List<String> lines =
                Files.readAllLines(calls).stream().map(String::strip).toList();
        Files.writeString(calls, "");
        return lines;
    }

    private List<LoggedEvent> events() {
        return ModuleEvents.read(log, new EventQuery("app", -1, 10));
    }

    @Test
    void aPrimarysScriptsRunInTheirOrder() throws IOException {
        application.prepare("ALONE");
        application.start("ALONE");
        application.isIn("ALONE");
        assertThat(calls())
                .containsExactly("prestart ALONE", "start_both ALONE", "start_prim ALONE", "transition ALONE STOP");
        application.isIn("ALONE");
        application.stop("ALONE");
        application.isIn("STOP");
        assertThat(calls())
                .containsExactly("stop_prim ALONE", "stop_both ALONE", "transition STOP ALONE", "poststop STOP ALONE");
        assertThat(events()).isEmpty();
    }

    @Test
    void aSecondsScriptsRunInTheirOrderAndPrestartOnlyOnceUntilItIsStopped() throws IOException {
        application.prepare("SECOND");
        application.secondStarted("SECOND");
        application.secondStops("SECOND");
        application.prepare("PRIM");
        application.start("PRIM");
        assertThat(calls())
                .containsExactly(
                        "prestart SECOND",
                        "start_both SECOND",
                        "start_second SECOND",
                        "stop_second SECOND",
                        "stop_both SECOND",
                        "start_both PRIM",
                        "start_prim PRIM");
        application.isIn("PRIM");
        application.isIn("STOP");
        application.prepare("SECOND");
        assertThat(calls())
                .containsExactly(
                        "transition PRIM STOP", "transition STOP PRIM", "poststop STOP PRIM", "prestart SECOND");
    }

    @Test
    void whatBeginsARoleCanRefuseItAndIsAskedAnew() throws IOException {
        script(Script.Name.PRESTART, "echo no licence; exit 4");
        assertThatThrownBy(() -> application.prepare("PRIM"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.what())
                                .isEqualTo("module app: prestart failed with exit code 4: no licence"));
        script(Script.Name.PRESTART, "true");
        application.prepare("PRIM");
        script(Script.Name.START_BOTH, "exit 1");
        assertThatThrownBy(() -> application.start("PRIM")).isInstanceOf(Problem.class);
        assertThatThrownBy(() -> application.secondStarted("SECOND")).isInstanceOf(Problem.class);
        assertThat(calls()).containsExactly("prestart PRIM", "prestart PRIM", "start_both PRIM", "start_both SECOND");
    }

    @Test
    void whatEndsARoleCannotKeepItAndItsFailureIsAnEvent() throws IOException {
        for (Script.Name name :
                List.of(Script.Name.STOP_SECOND, Script.Name.STOP_BOTH, Script.Name.TRANSITION, Script.Name.POSTSTOP)) {
            script(name, "echo broken; exit 2");
        }
        application.prepare("SECOND");
        application.secondStops("SECOND");
        application.isIn("SECOND");
        application.isIn("STOP");
        application.close();
        assertThat(events()).extracting(LoggedEvent::kind).containsOnly(EventKind.SCRIPT);
        assertThat(events())
                .extracting(LoggedEvent::text)
                .containsExactly(
                        "stop_second failed with exit code 2: broken; the module goes on all the same",
                        "stop_both failed with exit code 2: broken; the module goes on all the same",
                        "transition failed with exit code 2: broken; the module goes on all the same",
                        "transition failed with exit code 2: broken; the module goes on all the same",
                        "poststop failed with exit code 2: broken; the module goes on all the same");
    }

    @Test
    void stopBothRunsAlsoWhenStopPrimFailed() throws IOException {
        script(Script.Name.STOP_PRIM, "exit 1");
        assertThatThrownBy(() -> application.stop("PRIM")).isInstanceOf(Problem.class);
        assertThat(calls()).containsExactly("stop_prim PRIM", "stop_both PRIM");
    }
}
