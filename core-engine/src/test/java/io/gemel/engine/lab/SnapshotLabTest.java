package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A second whose primary is lost for good in the middle of a resynchronisation serves the last whole state it had. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "losetup", "mkfs.xfs"})
@Timeout(300)
class SnapshotLabTest {

    private static final String NAME = "test-snapshot";
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void forcedInTheMiddleOfAResynchronisationTheOldStateIsServed() throws Exception {
        LabOptions onXfs = LabOptions.standard().withName(NAME).withDisk(LabDisk.parse("700M:xfs"));
        try (MirrorLab up = MirrorLab.up(base, onXfs, "resync_bandwidth = \"4MB/s\"")) {
            up.sh(
                    "n1",
                    "cd /srv/app && mkdir -p d/e gone && for i in $(seq 50); do echo $i > d/e/f$i; done; echo x > gone/x"
                            + " && head -c 3000000 /dev/urandom > big && ln big d/link && ln -s big s");
            up.mirrored();
            up.gemel("n2", "stop", "app");
            up.await("n1", State.ALONE, Readiness.READY);
            List<String> old = up.manifest("n2");
            up.sh(
                    "n1",
                    "cd /srv/app && mv d/e gone/moved && rm gone/x s d/link && truncate -s 1000 big && echo more >> big"
                            + " && for i in $(seq 1 3 50); do echo new > gone/moved/f$i; done"
                            + " && head -c 60000000 /dev/urandom > new; sync");
            up.gemel("n2", "second", "app");
            assertThat(Deadline.in(SOON)
                            .await(() -> up.sh("n2", "stat -c %s /srv/app/new 2>/dev/null || echo 0")
                                            .strip()
                                            .length()
                                    > 6))
                    .as("the resynchronisation is in its middle")
                    .isTrue();
            up.lab.kill("n1");
            up.await("n2", State.WAIT, Readiness.NOT_READY);
            assertThat(up.node("n2", "n2").dataStatus()).isEqualTo(DataStatus.INCONSISTENT);
            assertThat(up.node("n2", "n2").snapshotSinceMs().orElseThrow())
                    .isBetween(System.currentTimeMillis() - 300_000, System.currentTimeMillis());
            assertThat(up.gemel("n2", "state").out()).contains("n2 keeps its whole state of");
            assertThat(up.tryGemel("n2", "prim", "app").whatItSaid()).contains("INCONSISTENT", "is kept");
            up.gemel("n2", "prim", "app", "--force", "--reason", "n1 burnt down");
            up.await("n2", State.ALONE, Readiness.READY);
            assertThat(up.node("n2", "n2").reason()).contains("n1 burnt down", "was put back");
            assertThat(up.node("n2", "n2").snapshotSinceMs()).isEmpty();
            assertThat(up.manifest("n2")).isEqualTo(old);
            assertThat(Files.readString(up.lab.engineLog("n2"))).contains("was put back");
        }
    }
}
