package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An engine that dies costs the application a pause and never an error, and the mirror becomes whole again by itself. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(300)
class HotRestartLabTest {

    private static final String NAME = "test-hot";
    private static final int KILLS = 4;

    /** Longer than a machine that does much else may take to start an engine: a shorter one makes a failover of a pause. */
    private static final LabOptions OPTIONS =
            LabOptions.standard().withName(NAME).withDetection(Duration.ofSeconds(30));

    /** Does the same in the replicated directory and in a plain one, and tells each result that is not the same. */
    private static final String LOAD = """
            here=/srv/app/load there=/srv/plain/load n=0
            mkdir -p "$here" "$there"
            both() {
                local said0 said1 code0 code1
                said0=$(cd "$there" && "$@" 2>&1); code0=$?
                said1=$(cd "$here" && "$@" 2>&1); code1=$?
                [[ $code0 == "$code1" && $said0 == "$said1" ]] ||
                    echo "$n: $*: here $code1 \\"$said1\\", there $code0 \\"$said0\\""
            }
            while [[ ! -e /srv/plain/stop ]]; do
                n=$((n + 1))
                both mkdir d; both sh -c "echo $n > d/f"; both ln d/f d/g; both mv d/f d/h; both ln -s h d/s
                both sh -c "cat d/g; echo more >> d/h; stat -c '%h %s %a %F' d/h d/s d; ls d"
                both sh -c "exec 3< d/h; rm d/h d/g; cat <&3"
                both sh -c "echo $n >> log; echo $n > d/new; mv d/new current"
                both mknod d/p p; both rm -r d; both cat current
            done
            echo "rounds $n"
            """;

    /** The engine dies, and the next one stands still before it is ready. */
    private static final String SLOW = """
            old=$(cat /run/gemel/engine.pid); kill -KILL "$old"
            until next=$(for child in $(pgrep -P "$(cat /run/gemel/supervisor.pid)"); do pgrep -P "$child" java; done \\
                    | grep -vx "$old") && [ -n "$next" ]; do sleep 0.02; done
            kill -STOP $next; echo $next
            """;

    private static final String ADDRESS = "ip -o address show to 10.77.0.100";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void anApplicationGoesOnThroughTheDeathsOfItsEngine() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, OPTIONS)) {
            up.mirrored();
            up.sh("n1", "mkdir -p /srv/plain");
            Path said = base.resolve("load.out");
            Process load = up.lab
                    .process("n1", List.of("bash", "-c", LOAD))
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            try {
                for (int kill = 0; kill < KILLS; kill++) {
                    TimeUnit.MILLISECONDS.sleep(700 + 130 * kill);
                    up.lab.crashEngine("n1");
                    up.awaitMirror("n1", "n2");
                }
                // One that hangs: it is killed by its supervisor, and there is another one then.
                String hung = up.sh("n1", "kill -STOP $(cat /run/gemel/engine.pid); cat /run/gemel/engine.pid");
                up.sh("n1", "until [ \"$(cat /run/gemel/engine.pid)\" != " + hung.strip() + " ]; do sleep 0.1; done");
                up.awaitMirror("n1", "n2");
                assertThat(up.gemel("n1", "engine", "upgrade").out()).contains("goes on where");
                up.awaitMirror("n1", "n2");
                assertThat(load.isAlive()).as(Files.readString(said)).isTrue();
                up.sh("n1", "touch /srv/plain/stop");
                assertThat(load.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                load.destroyForcibly();
            }
            assertThat(Files.readString(said).lines().toList())
                    .as("results that were not as in a plain directory")
                    .singleElement()
                    .asString()
                    .startsWith("rounds ");
            up.sh("n1", "diff -r /srv/plain/load /srv/app/load");
            up.assertSameTrees();
            assertThat(up.node("n1", "n1").virtualIps()).containsExactly("10.77.0.100");
            up.await("n2", State.SECOND, Readiness.READY);
        }
    }

    @Test
    void whereNoEngineStartsAnyMoreNothingHangsAndThePeerServes() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            up.mirrored();
            up.sh(
                    "n1",
                    "echo here > /srv/app/f; cp -a /etc/gemel /srv/etc; echo '[[garbage' >> /etc/gemel/cluster.toml");
            Process waiting = up.lab
                    .process("n1", List.of("bash", "-c", "while echo more >> /srv/app/f; do :; done"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                up.lab.crashEngine("n1");
                up.await("n2", State.ALONE, Readiness.READY);
                assertThat(waiting.waitFor(120, TimeUnit.SECONDS))
                        .as("nothing hangs")
                        .isTrue();
            } finally {
                waiting.destroyForcibly();
            }
            up.sh("n1", "while [ -e /run/gemel/supervisor.pid ]; do sleep 0.1; done");
            assertThat(up.sh("n1", "ip -o address show to 10.77.0.100; ls /run/gemel/release"))
                    .isEmpty();
            assertThat(up.sh("n1", "timeout 10 head -n 1 /srv/app/f")).isEqualTo("here\n");
            assertThat(Files.readString(up.lab.engineLog("n1"))).contains("so that the other node can serve");
            up.sh("n1", "rm -r /etc/gemel/*; cp -a /srv/etc/. /etc/gemel/");
            up.lab.start("n1");
            up.awaitMirror("n2", "n1");
            up.assertSameTrees();
        }
    }

    @Test
    void withoutAnEngineTheAddressesGoAndComeBackOnlyWhereThePeerDoesNotServe() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            up.mirrored();
            up.gemel("n2", "stop", MirrorLab.MODULE);
            up.await("n1", State.ALONE, Readiness.READY);
            String slow = withoutEngine(up);
            up.sh("n1", "kill -CONT " + slow);
            up.sh("n1", "until [ -n \"$(" + ADDRESS + ")\" ]; do sleep 0.1; done");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh("n1", "echo here > /srv/app/f");

            up.gemel("n2", "start", MirrorLab.MODULE);
            up.awaitMirror("n1", "n2");
            slow = withoutEngine(up);
            up.await("n2", State.ALONE, Readiness.READY);
            assertThat(up.sh("n2", ADDRESS)).isNotEmpty();
            up.sh("n1", "kill -CONT " + slow);
            up.awaitMirror("n2", "n1");
            assertThat(up.sh("n1", ADDRESS)).isEmpty();
            assertThat(Files.readString(up.lab.engineLog("n2"))).doesNotContain("another machine answers");
            up.assertSameTrees();
        }
    }

    /** The engine of n1 dies and the next one stands still; returns when the address is gone: that one's process. */
    private static String withoutEngine(MirrorLab up) {
        String next = up.sh("n1", SLOW).strip();
        up.sh("n1", "while [ -n \"$(" + ADDRESS + ")\" ]; do sleep 0.1; done");
        return next;
    }
}
