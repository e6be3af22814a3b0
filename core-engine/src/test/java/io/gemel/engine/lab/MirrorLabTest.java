package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mirror of two nodes, by the commands that a person types. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "setfacl", "setfattr"})
@Timeout(600)
class MirrorLabTest {

    private static final String NAME = "test-mirror";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private MirrorLab up() throws Exception {
        return MirrorLab.up(base, LabOptions.standard().withName(NAME));
    }

    /** Every kind of object and attribute. */
    private static final String A_TREE =
            "cd /srv/app && mkdir -p d/e && echo one > d/e/1 && ln d/e/1 d/2 && ln -s nowhere l"
                    + " && mkfifo -m 600 f && mknod n c 1 3 && truncate -s 1M hole"
                    + " && printf z | dd of=hole bs=1 seek=500000 conv=notrunc status=none && chown 5:6 d/e && chmod 2750 d"
                    + " && setfattr -n user.k -v v d/2 && setfacl -m u:7:rwx d && setfacl -d -m u:8:rx d"
                    + " && touch -d @1000000000.5 d/2 && dd if=/dev/urandom of=big bs=1M count=5 status=none"
                    + " && touch \"$(printf 'not-utf8-\\377')\"";

    @Test
    void whatIsDoneOnThePrimaryIsOnTheSecondToTheByteAndTheAttribute() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            up.assertSameTrees();
            up.sh(
                    "n1",
                    "cd /srv/app && mkdir d/new && echo two > d/new/3 && mv d/e/1 d/new/ && rm l && echo three >> d/2"
                            + " && setfattr -x user.k d/2 && chmod 4711 d/new/3 && chown 9:9 d/new/3 && mkfifo g && rm f"
                            + " && truncate -s 5000 hole && fallocate -p -o 0 -l 8192 big && mv big d/e/big && cp -a d copy"
                            + " && setfacl -b d && rm -r d/new");
            up.assertSameTrees();
            assertThat(up.lab.exec("n2", "touch", "/srv/app/x").ok())
                    .as("the second's copy is read-only")
                    .isFalse();
        }
    }

    @Test
    void aSwapCarriesTheServiceOverAndBackWithNothingCopied() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            long before = up.node("n1", "n1").link().bytesSent();
            up.gemel("n1", "swap", "app");
            up.awaitMirror("n2", "n1");
            assertThat(up.sh("n2", "ip -4 -o addr")).contains("10.77.0.100");
            assertThat(up.sh("n1", "ip -4 -o addr")).doesNotContain("10.77.0.100");
            up.sh("n2", "cd /srv/app && echo from-n2 > d/after && mv d/e d/f");
            up.assertSameTrees();
            up.gemel("n1", "swap", "app");
            up.awaitMirror("n1", "n2");
            assertThat(up.sh("n1", "cat /srv/app/d/after")).isEqualTo("from-n2\n");
            assertThat(up.node("n1", "n1").link().bytesSent() - before)
                    .as("a swap copies nothing")
                    .isLessThan(5_000_000);
        }
    }

    @Test
    void aWriteAcknowledgedBeforeTheCrashIsOnTheSurvivor() throws Exception {
        try (MirrorLab up = up().mirrored()) {
            up.sh(
                    "n1",
                    "setsid bash -c 'i=0; while echo $i >> /srv/app/log && echo $i >> /var/lib/gemel/acknowledged; do"
                            + " i=$((i+1)); done' > /dev/null 2>&1 &");
            up.sh(
                    "n1",
                    "while [ \"$(cat /var/lib/gemel/acknowledged 2>/dev/null | wc -l)\" -lt 500 ]; do sleep 0.1; done");
            up.lab.kill("n1");
            up.await("n2", State.ALONE, Readiness.READY);
            up.lab.start("n1");
            int acknowledged = Integer.parseInt(
                    up.sh("n1", "tail -n 1 /var/lib/gemel/acknowledged").strip());
            assertThat(acknowledged).isGreaterThanOrEqualTo(500);
            assertThat(up.sh("n2", "cat /srv/app/log").lines().toList())
                    .as("every number up to the last acknowledged one")
                    .startsWith(numbersUpTo(acknowledged));
            up.awaitMirror("n2", "n1");
            up.assertSameTrees();
        }
    }

    private static String[] numbersUpTo(int last) {
        return java.util.stream.IntStream.rangeClosed(0, last)
                .mapToObj(Integer::toString)
                .toArray(String[]::new);
    }

    @Test
    void thePrimaryGoesOnAloneWhenItsPeerIsGoneAndMirrorsAgainWhenItIsBack() throws Exception {
        try (MirrorLab up = up()) {
            up.sh("n1", A_TREE);
            up.mirrored();
            up.lab.kill("n2");
            up.sh("n1", "echo alone > /srv/app/alone && sync /srv/app/alone");
            up.await("n1", State.ALONE, Readiness.READY);
            assertThat(up.node("n1", "n1").degraded()).isTrue();
            up.lab.start("n2");
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
            up.gemel("n2", "stop", "app");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh("n1", "echo again > /srv/app/again");
            up.gemel("n2", "second", "app");
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
        }
    }
}
