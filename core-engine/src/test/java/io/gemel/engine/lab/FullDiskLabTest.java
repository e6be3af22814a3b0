package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A second whose disk is full costs the protection, never the service, and is brought up to date once there is room; one of
 * the primary is the application's matter.
 */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "losetup", "mkfs.ext4"})
@Timeout(600)
class FullDiskLabTest {

    private static final String NAME = "test-full";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private MirrorLab up() throws Exception {
        MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME).withDisk(LabDisk.parse("600M:ext4")));
        up.sh(
                "n1",
                "cd /srv/app && for i in $(seq 100); do echo $i > f$i; done; head -c 20000000 /dev/urandom > big; sync");
        return up.mirrored();
    }

    /** The primary serves and says why it is alone; the second does not pass for good. */
    private static void isAloneForThePeersDisk(MirrorLab up) {
        // The primary was alone before, too: what tells is the reason, which comes when the copy meets the full disk.
        up.await("n1", "n2", "ENOSPC");
        up.await("n1", State.ALONE, Readiness.READY);
        assertThat(up.node("n1", "n2").readiness()).isNotEqualTo(Readiness.READY);
        assertThat(up.node("n1", "n2").dataStatus()).isNotEqualTo(DataStatus.UP_TO_DATE);
        up.sh("n1", "echo goes on > /srv/app/on && sync /srv/app/on");
    }

    @Test
    void aDiskThatIsFullInTheMiddleOfAResynchronisation() throws Exception {
        try (MirrorLab up = up()) {
            up.gemel("n2", "stop", "app");
            up.await("n1", State.ALONE, Readiness.READY);
            up.sh(
                    "n1",
                    "cd /srv/app && mkdir new && for i in 1 2 3; do head -c 40000000 /dev/urandom > new/b$i; done"
                            + " && head -c 10000000 /dev/urandom | dd of=big bs=1M conv=notrunc status=none; sync");
            up.lab.fill("n2");
            up.gemel("n2", "second", "app");
            isAloneForThePeersDisk(up);
            up.lab.unfill("n2");
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
        }
    }

    @Test
    void aDiskThatIsFullInTheMiddleOfLiveWrites() throws Exception {
        try (MirrorLab up = up()) {
            up.lab.fill("n2");
            up.sh("n1", "cd /srv/app && head -c 30000000 /dev/urandom > more && echo x >> f7 && sync more f7");
            isAloneForThePeersDisk(up);
            up.lab.unfill("n2");
            // By itself it would ask in a minute.
            up.gemel("n2", "second", "app");
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
            theDiskOfThePrimaryIsFull(up);
        }
    }

    /** The application is told what a plain disk would tell it, and the mirror stays whole. */
    private static void theDiskOfThePrimaryIsFull(MirrorLab up) {
        up.lab.fill("n1");
        String told =
                up.sh("n1", "cd /srv/app; head -c 30000000 /dev/urandom 2>&1 > late && exit 1; echo y >> f7; true");
        assertThat(told).contains("No space left on device");
        up.awaitMirror("n1", "n2");
        up.assertSameTrees();
        up.lab.unfill("n1");
        up.sh("n1", "cd /srv/app && head -c 30000000 /dev/urandom > late && echo z >> f8 && sync late f8");
        up.awaitMirror("n1", "n2");
        up.assertSameTrees();
    }
}
