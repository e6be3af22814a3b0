package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is written is what is read, on both nodes, whichever way it is written. */
@RequiresNamespaces
@RequiresFuse
@Timeout(600)
class DataIntegrityLabTest {

    private static final String NAME = "test-integrity";
    private static final Duration LONG = Duration.ofMinutes(8);
    private static final int OPERATIONS = 200_000;

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    @RequiresTool({"ip", "nft", "nsenter", "fio"})
    void everyBlockThatFioWroteIsReadBackOnBothNodes() throws Exception {
        String job = "cd /srv/app && fio --output=/dev/null --size=24m --bs=4k-128k --verify=crc32c --verify_fatal=1"
                + " --name=random --rw=randrw --ioengine=psync --fsync=64"
                + " --name=sequential --rw=write --ioengine=psync"
                + " --name=mapped --rw=randwrite --ioengine=mmap"
                + " --name=direct --rw=randwrite --ioengine=psync --direct=1 --bs=4k"
                + " --name=async --rw=randwrite --ioengine=libaio --iodepth=8 --direct=1";
        try (MirrorLab up =
                MirrorLab.up(base, LabOptions.standard().withName(NAME)).mirrored()) {
            up.sh(LONG, "n1", job);
            up.gemel("n2", "stop", "app");
            up.sh(LONG, "n2", job + " --verify_only");
            up.sh(LONG, "n1", job + " --verify_only");
            assertThat(up.lab
                            .exec(
                                    LONG,
                                    "n2",
                                    List.of(
                                            "bash",
                                            "-c",
                                            "printf X | dd of=/srv/app/sequential.0.0 bs=1 seek=70000 conv=notrunc status=none; "
                                                    + job + " --verify_only"))
                            .ok())
                    .as("a wrong byte is seen")
                    .isFalse();
        }
    }

    @Test
    @RequiresTool({"ip", "nft", "nsenter"})
    void randomOperationsOfEveryKindDoWhatAPlainDirectoryDoesAndAreMirrored() throws Exception {
        try (MirrorLab up =
                MirrorLab.up(base, LabOptions.standard().withName(NAME)).mirrored()) {
            up.sh("n1", "mkdir /srv/app/t /srv/plain");
            ExecResult run = up.lab.exec(
                    LONG,
                    "n1",
                    List.of(
                            "gemel",
                            "torture",
                            "ops",
                            "--mounted",
                            "/srv/app/t",
                            "--plain",
                            "/srv/plain",
                            "--workers",
                            "4",
                            "--operations",
                            Integer.toString(OPERATIONS),
                            "--seed",
                            "7"));
            assertThat(run.ok()).as(run.out() + run.err()).isTrue();
            up.awaitMirror("n1", "n2");
            up.assertSameTrees();
        }
    }
}
