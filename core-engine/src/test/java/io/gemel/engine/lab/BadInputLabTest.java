package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes of people and machines end in one sentence that names the thing and the next step, and lose nothing. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(600)
class BadInputLabTest {

    private static final String NAME = "test-bad-input";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private static void assertRefused(ExecResult result, String thing, String next) {
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains(thing).contains("next:").contains(next);
    }

    @Test
    void whatCannotBeProtectedIsRefusedByName() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            up.sh("n1", "rmdir /srv/app");
            assertRefused(up.tryGemel("n1", "prim", "app"), "/srv/app does not exist", "mkdir -p /srv/app");
            up.sh("n1", "echo x > /srv/app");
            assertRefused(up.tryGemel("n1", "prim", "app"), "/srv/app is not a directory", "module.toml");
            up.sh("n1", "rm /srv/app && mkdir /srv/app && mount -t tmpfs none /srv/app && echo kept > /srv/app/file");
            assertRefused(up.tryGemel("n1", "prim", "app"), "type tmpfs", "ext4");
            assertThat(up.sh("n1", "cat /srv/app/file && umount /srv/app")).isEqualTo("kept\n");
            up.sh("n1", "echo kept > /srv/app/file && (setsid sleep 300 < /srv/app/file > /dev/null 2>&1 &)");
            assertRefused(up.tryGemel("n1", "prim", "app"), "/srv/app/file", "stop these processes");
            assertThat(up.sh("n1", "cat /srv/app/file")).isEqualTo("kept\n");
        }
    }

    @Test
    void aWrongConfigurationIsRefusedWithItsPlace() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            up.sh(
                    "n1",
                    "mkdir -p /etc/gemel/modules/other && sed -e 's/adress/address/; s/address/adress/; s#/srv/app#/srv/app/inside#'"
                            + " /etc/gemel/modules/app/module.toml > /etc/gemel/modules/other/module.toml");
            ExecResult check = up.tryGemel("n1", "config", "check");
            assertThat(check.exit()).isEqualTo(1);
            assertThat(check.out() + check.err())
                    .containsPattern("other/module.toml:\\d+:\\d+: .*adress.*")
                    .contains("did you mean \"address\"")
                    .contains("/srv/app/inside");
        }
    }

    @Test
    void aPeerWithAnotherKeyIsNotLetInAndBothSidesSayWhy() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            up.gemel("n1", "prim", "app");
            up.sh(
                    "n2",
                    "sed -i '0,/key = / s/key = \"sha256:[0-9a-f]*/key = \"sha256:" + "0".repeat(64) + "/'"
                            + " /etc/gemel/cluster.toml");
            up.lab.kill("n2");
            up.lab.start("n2");
            up.gemel("n2", "second", "app");
            up.await("n2", State.SECOND, Readiness.NOT_READY);
            for (String node : List.of("n1", "n2")) {
                String said = up.sh(
                        node,
                        "for i in $(seq 50); do gemel state --json | grep -q cluster.toml && break; sleep 0.2; done;"
                                + " gemel state");
                assertThat(said).contains("cluster.toml").contains("sha256:0000");
            }
            assertThat(up.sh("n2", "ls -A /srv/app")).isEmpty();
        }
    }

    @Test
    void aSecondWithAFullDiskIsSaidToBeInconsistentAndTheApplicationNeverSeesIt() throws Exception {
        LabOptions small = LabOptions.standard().withName(NAME).withDisk(LabDisk.parse("96M"));
        try (MirrorLab up = MirrorLab.up(base, small).mirrored()) {
            up.lab.fill("n2");
            up.sh(
                    "n1",
                    "for i in $(seq 30); do head -c 1000000 /dev/zero > /srv/app/$i && sync /srv/app/$i || exit 1; done");
            up.await("n1", State.ALONE, Readiness.READY);
            up.await("n2", State.SECOND, Readiness.NOT_READY);
            assertThat(up.node("n2", "n2").dataStatus()).isEqualTo(DataStatus.INCONSISTENT);
            assertThat(up.node("n2", "n2").reason()).contains("no space left");
            up.lab.unfill("n2");
            up.gemel("n2", "second", "app");
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
        }
    }
}
