package io.gemel.engine.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test is a script in mount and PID namespaces of its own, so that nothing of it can stay behind. */
@RequiresFuse
@RequiresNamespaces
class SupervisorTest {

    private static final long SCRIPT_TIMEOUT_SECONDS = 60;

    private static final String SUPERVISE =
            Path.of("src/main/supervisor/supervise").toAbsolutePath().toString();

    /** Bounded waiting for a condition of the shell. */
    private static final String UNTIL = """
            until_true() { local i; for i in {1..300}; do "$@" 2>/dev/null && return; sleep 0.05; done; echo "never: $*"; }
            mounted() { grep -q " $1 " /proc/self/mountinfo; }
            """;

    /** An engine that binds the first descriptor to a mount over ./data and then serves nothing. */
    private static final String SILENT_ENGINE = """
            mount -i -t fuse.gemel -o "fd=${GEMEL_FUSE_FDS%% *},rootmode=40000,user_id=0,group_id=0" gemel "$HERE/data"
            echo "$HERE/data" > "$HERE/run/mounts"
            echo $$ > "$HERE/engine.pid"
            exec sleep 60
            """;

    @TempDir
    private Path here;

    @BeforeEach
    void makeDirectories() throws IOException {
        Files.createDirectories(here.resolve("data"));
        Files.createDirectories(here.resolve("run"));
        Files.writeString(here.resolve("engine"), SILENT_ENGINE);
    }

    @Test
    void nothingHangsAndNothingStaysMountedWhenTheEngineIsKilled() throws Exception {
        String output = run("""
                "$SUPERVISE" bash "$HERE/engine" & supervisor=$!
                until_true mounted "$HERE/data"; until_true test -s "$HERE/engine.pid"
                stat "$HERE/data" >/dev/null 2>&1 & application=$!
                kill -9 "$(cat "$HERE/engine.pid")"
                wait $supervisor; echo "supervisor $?"
                wait $application; echo "application $?"
                mounted "$HERE/data" || echo unmounted
                """);
        assertThat(output)
                .contains("the engine was killed by signal KILL")
                .contains("supervisor 137")
                .contains("application 1")
                .contains("unmounted")
                .doesNotContain("never:");
    }

    @Test
    void aRequestToStopReachesTheEngineAndItsExitCodeComesBack() throws Exception {
        String output = run("""
                "$SUPERVISE" bash -c 'trap "exit 7" TERM; touch "$HERE/up"; while :; do sleep 0.05; done' & supervisor=$!
                until_true test -e "$HERE/up"
                kill -TERM $supervisor
                wait $supervisor; echo "supervisor $?"
                """);
        assertThat(output).contains("supervisor 7").doesNotContain("never:");
    }

    @Test
    void aMountThatWasThereBeforeTheEngineIsNotTouched() throws Exception {
        String output = run("""
                mount -t tmpfs mine "$HERE/data"
                echo "$HERE/data" > "$HERE/run/mounts"
                "$SUPERVISE" false; echo "supervisor $?"
                mounted "$HERE/data" && echo still mounted
                """);
        assertThat(output).contains("supervisor 1").contains("still mounted");
    }

    @Test
    void theEngineInheritsAsManyDevicesAsWereAskedFor() throws Exception {
        String output = run("""
                export GEMEL_FUSE_POOL=5
                "$SUPERVISE" bash -c 'for fd in $GEMEL_FUSE_FDS; do readlink /proc/self/fd/$fd; done'
                """);
        assertThat(output.lines()).hasSize(5).containsOnly("/dev/fuse");
    }

    @Test
    void aMissingDeviceIsNamedWithTheNextStep() throws Exception {
        String output = run("""
                mount -t tmpfs empty /dev; mknod /dev/null c 1 3
                "$SUPERVISE" true; echo "supervisor $?"
                """);
        assertThat(output).contains("/dev/fuse is missing").contains("next:").contains("supervisor 1");
    }

    private String run(String script) throws IOException, InterruptedException {
        Path log = here.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(
                "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", UNTIL + script);
        builder.environment().put("HERE", here.toString());
        builder.environment().put("SUPERVISE", SUPERVISE);
        builder.environment().put("GEMEL_RUN_DIR", here.resolve("run").toString());
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertThat(process.waitFor(SCRIPT_TIMEOUT_SECONDS, TimeUnit.SECONDS))
                    .as("the script ended; so far: %s", Files.readString(log))
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(log);
    }
}
