package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that has errors, which ext4 is told to find: it counts them, or takes the file system away from those who write.
 * Who serves from a good disk goes on, and nothing acknowledged is lost.
 */
@Timeout(300)
class BadDiskLabTest {

    private static final String NAME = "test-bad-disk";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final String TOML = """
            [[checker]]
            kind = "disk"
            name = "data"
            interval = "500ms"
            """;

    @TempDir
    private static Path base;

    private static MirrorLab up;

    @BeforeAll
    static void makeLab() throws Exception {
        up = MirrorLab.up(base, LabOptions.standard().withName(NAME).withDisk(LabDisk.parse("200M:ext4")), TOML)
                .mirrored();
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    /** n1 serves from a disk that was mounted anew, n2 mirrors. */
    @BeforeEach
    void n1Serves() {
        if (!up.node("n1", "n1").state().isPrimary()) {
            up.gemel("n2", "swap", MirrorLab.MODULE);
        }
        up.awaitMirror("n1", "n2");
    }

    @Test
    void errorsThatTheKernelCountsMoveTheRole() throws Exception {
        write("n1", "before");
        fail("n1");
        says("n1", "disk.data is down: the disk of /srv/app had 1 error", "stopstart to n2: disk.data is down");
        servesWith("n2", "before");
        up.await("n1", "n1", "disk.data is down");
        changeDisk("n1", "n2");
        up.assertSameTrees();
    }

    @Test
    void turnsReadOnlyUnderThePrimary() throws Exception {
        write("n1", "before");
        up.sh("n1", "mount -o remount,errors=remount-ro " + disk("n1", 2));
        fail("n1");
        says("n1", "disk.data is down: the file system of /srv/app is read-only", "stopstart to n2: disk.data is down");
        servesWith("n2", "before");
        write("n2", "after");
        changeDisk("n1", "n2");
        up.assertSameTrees();
    }

    @Test
    void turnsReadOnlyUnderTheSecond() throws Exception {
        write("n1", "before");
        up.sh("n2", "mount -o remount,errors=remount-ro " + disk("n2", 2));
        fail("n2");
        write("n1", "meanwhile");
        servesWith("n1", "before", "meanwhile");
        up.await("n1", State.ALONE, Readiness.READY);
        up.await("n2", "n2", "read-only");
        changeDisk("n2", "n1");
        up.assertSameTrees();
    }

    /** Acknowledged only when it is on the disk. */
    private static void write(String node, String record) {
        up.sh(node, "echo " + record + " >> /srv/app/records && sync /srv/app/records");
    }

    private static void servesWith(String node, String... records) {
        assertThat(Deadline.in(PATIENCE)
                        .await(() -> up.node(node, node).state().isPrimary()
                                && up.node(node, node).readiness() == Readiness.READY))
                .as(() -> up.node(node, node).toString())
                .isTrue();
        assertThat(up.sh(node, "cat /srv/app/records").lines()).contains(records);
    }

    private static String disk(String node) {
        return up.sh(node, "awk '$1 ~ \"^/dev/loop\" { print $1; exit }' /proc/mounts")
                .strip();
    }

    private static void fail(String node) throws IOException {
        String name = Path.of(disk(node, 1)).getFileName().toString();
        Files.writeString(Path.of("/sys/fs/ext4", name, "trigger_fs_error"), "test");
    }

    /** The node is switched off, and on with a disk that takes writes again. */
    private static void changeDisk(String node, String primary) {
        up.lab.kill(node);
        up.lab.start(node);
        up.awaitMirror(primary, node);
    }

    private static void says(String node, String... texts) {
        Path log = up.lab.engineLog(node);
        assertThat(Deadline.in(PATIENCE).await(() -> containsAll(log, texts)))
                .as("log of " + node + ": " + String.join("; ", texts))
                .isTrue();
    }

    private static boolean containsAll(Path log, String... texts) {
        try {
            String whole = Files.readString(log);
            for (String text : texts) {
                if (!whole.contains(text)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
