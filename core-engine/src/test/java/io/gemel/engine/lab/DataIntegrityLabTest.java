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
@Timeout(1800)
class DataIntegrityLabTest {

    private static final String NAME = "test-integrity";
    private static final Duration LONG = Duration.ofMinutes(20);
    private static final int OPERATIONS = 200_000;

    private static final String FIO =
            "cd /srv/app && fio --output=/dev/null --size=24m --bs=4k-128k --verify=crc32c --verify_fatal=1";
    private static final List<String> FIO_JOBS = List.of(
            " --name=random --rw=randrw --ioengine=psync --fsync=64",
            " --name=sequential --rw=write --ioengine=psync",
            " --name=mapped --rw=randwrite --ioengine=mmap",
            " --name=direct --rw=randwrite --ioengine=psync --direct=1 --bs=4k",
            " --name=async --rw=randwrite --ioengine=libaio --iodepth=8 --direct=1");

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
        try (MirrorLab up =
                MirrorLab.up(base, LabOptions.standard().withName(NAME)).mirrored()) {
            for (String job : FIO_JOBS) {
                up.sh(LONG, "n1", FIO + job);
            }
            up.gemel("n2", "stop", "app");
            for (String job : FIO_JOBS) {
                up.sh(LONG, "n2", FIO + job + " --verify_only");
                up.sh(LONG, "n1", FIO + job + " --verify_only");
            }
            up.sh(
                    "n2",
                    "for f in /srv/app/*.0.0; do printf WXYZ | dd of=$f bs=1 seek=70000 conv=notrunc status=none; done");
            for (String job : FIO_JOBS) {
                assertThat(up.lab
                                .exec(LONG, "n2", List.of("bash", "-c", FIO + job + " --verify_only"))
                                .ok())
                        .as("a wrong byte is seen by" + job)
                        .isFalse();
            }
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
            up.assertSameTreesButHoles();
        }
    }
}
