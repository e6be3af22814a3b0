package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A journal that is gone, or is not what the engine wrote, is never taken for one. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(600)
class JournalLossLabTest {

    private static final String NAME = "test-lost";
    private static final String JOURNAL = "/var/lib/gemel/journal";

    private static final String A_TREE = "cd /srv/app && for d in $(seq 10); do mkdir d$d; for f in $(seq 20); do"
            + " echo $d $f > d$d/f$f; done; done; head -c 20000000 /dev/urandom > big; sync";

    /** The biggest file of the journal that is read back. */
    private static final String BIGGEST = "f=$(ls -S " + JOURNAL + "/*.sst " + JOURNAL + "/*.log | head -1); ";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private MirrorLab up() throws Exception {
        MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME));
        up.sh("n1", A_TREE);
        return up.mirrored();
    }

    /** The engine of n2 refuses to start, says why and what to do; then its own is brought back. */
    private static void isRefused(MirrorLab up, String damage, String... said) throws Exception {
        // The journal marks its end every two seconds.
        up.sh("n2", "sleep 3");
        up.lab.killEngine("n2");
        up.sh("n2", "cp -a " + JOURNAL + " /srv/saved; " + damage);
        Path log = up.lab.engineLog("n2");
        int before = Files.readString(log).length();
        assertThatThrownBy(() -> up.lab.start("n2")).isInstanceOf(Problem.class);
        assertThat(Files.readString(log).substring(before))
                .contains(said)
                .containsIgnoringCase("move " + JOURNAL + " away");
        up.sh("n2", "rm -rf " + JOURNAL + " && mv /srv/saved " + JOURNAL);
        // Its own journal is back: nothing else is needed.
        up.lab.start("n2");
        up.awaitMirror("n1", "n2");
    }

    @Test
    void aJournalThatIsNotWhatItWasIsRefused() throws Exception {
        try (MirrorLab up = up()) {
            isRefused(up, BIGGEST + "truncate -s $(($(stat -c %s $f) / 2)) $f", "is damaged");
            isRefused(
                    up,
                    BIGGEST + "at=$(($(stat -c %s $f) / 3)); old=$(od -An -tu1 -j$at -N1 $f);"
                            + " printf \"\\\\x$(printf %x $((old ^ 4)))\" | dd of=$f bs=1 seek=$at conv=notrunc status=none",
                    "is damaged");
            up.sh("n1", "cp -a " + JOURNAL + " /srv/app/copy");
            isRefused(up, "rm -r " + JOURNAL + "; cp -a /srv/app/copy " + JOURNAL, "belongs to the node with the key");
            up.sh("n1", "rm -r /srv/app/copy");
            up.assertSameTrees();
        }
    }

    @Test
    void aSecondWithoutItsJournalIsBroughtEverythingAndKeepsWhatItHad() throws Exception {
        try (MirrorLab up = up()) {
            up.lab.killEngine("n2");
            up.sh("n2", "rm -r " + JOURNAL + "; echo changed by hands >> /srv/app/d3/f4");
            up.lab.start("n2");
            up.await("n2", "it never ran");
            up.gemel("n2", "second", "app");
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
            up.gemel("n2", "stop", "app");
            assertThat(up.sh("n2", "cat /srv/app/.gemel/kept/*/d3/f4")).isEqualTo("3 4\nchanged by hands\n");
        }
    }

    @Test
    void aPrimaryWithoutItsJournalComparesEverything() throws Exception {
        try (MirrorLab up = up()) {
            up.gemel("n2", "stop", "app");
            up.lab.killEngine("n1");
            up.sh("n1", "rm -r " + JOURNAL + "; echo more >> /srv/app/d3/f4");
            up.lab.start("n1");
            up.await("n1", "it never ran");
            up.gemel("n1", "prim", "app", "--force", "--reason", "the journal is lost");
            up.gemel("n2", "second", "app");
            up.awaitMirror("n1", "n2");
            assertThat(Files.readString(up.lab.engineLog("n1"))).contains("comparing everything");
            assertThat(up.node("n1", "n1").link().bytesSent()).isLessThan(1_000_000);
            up.assertSameTrees();
        }
    }
}
