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
            lines() { (($(wc -l < "$1") >= $2)); }
            """;

    /**
     * An engine of the shell: says what the first words are told to, takes what the supervisor holds by its number in
     * /proc, binds a mount over ./data unless there is one, and then lives as it is told.
     */
    private static final String ENGINE = """
            read -r role asks answers parent <<<"$GEMEL_SUPERVISOR"
            tell() { printf '%s %s .\\n' "$$" "$*" >&"$asks"; }
            ask() { tell "$@"; read -r -u "$answers" answer; }
            alive() { while :; do tell alive; sleep 0.2; done; }
            if [[ $role == standby ]]; then tell prepared; read -r -u "$answers" word; echo "$word" >> "$HERE/go"; fi
            echo "$$ $role" >> "$HERE/engines"
            """;

    /** Serves nothing, so that who asks waits. */
    private static final String SILENT = ENGINE + """
            if ! grep -q " $HERE/data " /proc/self/mountinfo; then
                ask directory "$HERE/data"; ask devices 2
                echo "$answer" > "$HERE/held"
                echo "$HERE/data" > "$HERE/run/mounts"
                read -r _ fd _ < "$HERE/held"
                python3 - "$parent" "$fd" "$HERE/data" <<'END'
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            process = libc.syscall(434, int(sys.argv[1]), 0)
            fd = libc.syscall(438, process, int(sys.argv[2]), 0)
            options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % fd
            assert libc.mount(b"gemel", sys.argv[3].encode(), b"fuse.gemel", 0, options.encode()) == 0
            END
            fi
            tell ready 3000
            alive
            """;

    @TempDir
    private Path here;

    @BeforeEach
    void makeDirectories() throws IOException {
        Files.createDirectories(here.resolve("data"));
        Files.createDirectories(here.resolve("run"));
        Files.writeString(here.resolve("engine"), SILENT);
    }

    private static final String APPLICATION = """
            stat "$HERE/data" >/dev/null 2>&1 & application=$!
            """;

    @Test
    void anotherEngineGoesOnAndWhoWaitsGoesOnWaiting() throws Exception {
        String output = run("""
                "$SUPERVISE" bash "$HERE/engine" & supervisor=$!
                until_true mounted "$HERE/data"
                """ + APPLICATION + """
                for round in 1 2 3; do
                    until_true lines "$HERE/engines" $round
                    read -r pid role <<<"$(tail -1 "$HERE/engines")"
                    kill -9 "$pid"
                done
                until_true lines "$HERE/engines" 4
                kill -0 $application && echo "the application waits"
                mounted "$HERE/data" && echo "still mounted"
                kill -TERM $supervisor; wait $supervisor
                wait $application; echo "application $?"
                mounted "$HERE/data" || echo unmounted
                """);
        assertThat(output)
                .contains("the engine was killed by signal KILL; another one goes on")
                .contains("the application waits", "still mounted", "application 1", "unmounted")
                .doesNotContain("never:");
    }

    @Test
    void aStandbyGoesOnWhereTheEngineWas() throws Exception {
        String output = run("""
                export GEMEL_STANDBY=yes
                "$SUPERVISE" bash "$HERE/engine" & supervisor=$!
                for round in 1 2 3; do
                    until_true lines "$HERE/engines" $round
                    sleep 0.5
                    read -r pid role <<<"$(tail -1 "$HERE/engines")"
                    kill -9 "$pid"
                done
                until_true lines "$HERE/go" 3
                until_true lines "$HERE/engines" 4
                cat "$HERE/engines"
                kill -TERM $supervisor; wait $supervisor
                pgrep -f "$HERE/engine" || echo "none is left"
                """);
        assertThat(output).contains("none is left").doesNotContain("never:");
        assertThat(output.lines().filter(line -> line.endsWith(" standby"))).hasSize(3);
    }

    @Test
    void anEngineThatStandsStillIsKilledAndReplaced() throws Exception {
        String output = run("""
                "$SUPERVISE" bash "$HERE/engine" & supervisor=$!
                until_true mounted "$HERE/data"
                sleep 0.5
                read -r pid role < "$HERE/engines"
                kill -STOP "$pid"
                until_true lines "$HERE/engines" 2
                kill -TERM $supervisor; wait $supervisor
                """);
        assertThat(output)
                .containsPattern("the engine gave no sign for 2\\d\\d\\d ms and is killed")
                .doesNotContain("never:");
    }

    @Test
    void whenNoEngineLivesAllIsReleasedAndNothingHangs() throws Exception {
        String output = run("""
                mkdir "$HERE/run/release"
                printf '#!/bin/sh\necho released' > "$HERE/run/release/app"; chmod +x "$HERE/run/release/app"
                "$SUPERVISE" bash -c '
                    if [[ -e $HERE/served ]]; then exit 3; fi
                    touch "$HERE/served"; exec bash "$HERE/engine"' & supervisor=$!
                until_true mounted "$HERE/data"
                """ + APPLICATION + """
                until_true lines "$HERE/engines" 1
                read -r pid role < "$HERE/engines"
                kill -9 "$pid"
                wait $supervisor; echo "supervisor $?"
                wait $application; echo "application $?"
                mounted "$HERE/data" || echo unmounted
                """);
        assertThat(output)
                .contains("3 engines in a row did not start", "next:", "supervisor 1", "application 1", "unmounted")
                .contains("released")
                .doesNotContain("never:");
    }

    @Test
    void theAddressesGoWhenTheOtherNodeMayServeAndNoEngineIsBack() throws Exception {
        String output = run("""
                mkdir "$HERE/run/release"
                printf '#!/bin/sh\necho "released ${1:-all}"' > "$HERE/run/release/app"; chmod +x "$HERE/run/release/app"
                "$SUPERVISE" bash -c '[[ ! -e $HERE/slow ]] || sleep 5; exec bash "$HERE/engine"' & supervisor=$!
                until_true lines "$HERE/engines" 1
                sleep 0.5
                read -r pid role < "$HERE/engines"; kill -9 "$pid"
                until_true lines "$HERE/engines" 2
                sleep 0.5; echo "replaced in time"; touch "$HERE/slow"
                read -r pid role <<<"$(tail -1 "$HERE/engines")"; kill -9 "$pid"
                until_true lines "$HERE/engines" 3
                sleep 0.5; echo "goes on"
                kill -TERM $supervisor; wait $supervisor
                """);
        assertThat(output)
                .containsSubsequence("replaced in time", "released addresses", "goes on", "released all")
                .containsPattern("no engine served for 3\\d\\d\\d ms: the addresses of app go")
                .doesNotContain("never:");
        assertThat(output.lines().filter("released addresses"::equals)).hasSize(1);
    }

    @Test
    void whatAKilledSupervisorLeftIsReleasedByTheNext() throws Exception {
        String output = run("""
                mkdir "$HERE/run/release"
                printf '#!/bin/sh\necho "released ${1:-all}"' > "$HERE/run/release/app"; chmod +x "$HERE/run/release/app"
                "$SUPERVISE" bash "$HERE/engine" & supervisor=$!
                until_true mounted "$HERE/data"
                until_true lines "$HERE/engines" 1
                read -r pid role < "$HERE/engines"
                kill -9 $supervisor "$pid"; wait $supervisor
                """ + APPLICATION + """
                mounted "$HERE/data" && echo "left mounted"
                "$SUPERVISE" --release; echo "release $?"
                mounted "$HERE/data" || echo unmounted
                wait $application
                """);
        assertThat(output).contains("left mounted", "released all", "release 0", "unmounted");
    }

    @Test
    void anEngineThatDoesNotStartEndsTheSupervisorAtOnce() throws Exception {
        String output = run("""
                "$SUPERVISE" bash -c 'echo once >> "$HERE/engines"; exit 5'; echo "supervisor $?"
                cat "$HERE/engines"
                """);
        assertThat(output).contains("supervisor 5").contains("once").doesNotContain("once\nonce");
    }

    @Test
    void anUpgradeReplacesTheEngineOnceTheNewOneIsReady() throws Exception {
        String output = run("""
                export GEMEL_STANDBY=no
                "$SUPERVISE" bash "$HERE/engine" & supervisor=$!
                until_true lines "$HERE/engines" 1
                sleep 0.5
                kill -USR1 $supervisor
                until_true lines "$HERE/engines" 2
                sed -i '1i if [[ $GEMEL_SUPERVISOR == standby* ]]; then exit 4; fi' "$HERE/engine"
                kill -USR1 $supervisor
                sleep 1
                wc -l < "$HERE/engines"
                kill -TERM $supervisor; wait $supervisor
                """);
        assertThat(output)
                .contains("the new engine is ready and takes over")
                .contains("the new engine does not start (ended with code 4): the old one goes on")
                .contains("\n2\n")
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
    void noEngineHasWhatTheSupervisorHolds() throws Exception {
        String output = run("""
                cat > "$HERE/engine" <<'END'
                """ + ENGINE + """
                ask directory "$HERE/data"; ask devices 3
                if lines "$HERE/engines" 2; then
                    readlink /proc/$parent/fd/* | grep -c -e /dev/fuse -e "$HERE/data"
                    readlink /proc/$$/fd/* | grep -e /dev/fuse -e "$HERE/data" || echo "it has none"
                    ask drop $(seq 3 40); ask keep
                    readlink /proc/$parent/fd/* | grep -e /dev/fuse -e "$HERE/data" || echo "all are closed"
                    tell ending; exit 0
                fi
                tell ready 3000; sleep 0.3; kill -9 $$
                END
                sed -i "1i $(declare -f lines | tr '\n' ' ')" "$HERE/engine"
                "$SUPERVISE" bash "$HERE/engine"
                """);
        assertThat(output).contains("8\n", "it has none", "all are closed").doesNotContain("never:");
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
        builder.environment().put("GEMEL_STANDBY", "no");
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
