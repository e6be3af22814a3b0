package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.lab.volatiledisk.FsyncWriter;
import io.gemel.engine.lab.volatiledisk.PowerCut;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a power cut leaves on the volatile disk of a node, and what a lab with such disks leaves behind. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "losetup", "mkfs.xfs", "xfs_repair", "mkfs.btrfs", "btrfs"})
@Timeout(300)
class VolatileDiskLabTest {

    private static final String NAME = "test-volatile";
    private static final Duration FIRST_RECORD = Duration.ofSeconds(20);
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(60);
    private static final Path DISK = new LabNames(NAME).nodeHome("n1");

    /** Writes past the page cache and without fsync: what is in the disk's cache, so that a cut has something to take. */
    private static final String NOISE =
            "setsid sh -c 'while dd if=/dev/urandom of=/srv/noise bs=64k count=512 oflag=direct"
                    + " conv=notrunc; do :; done' >/dev/null 2>&1 &";

    @TempDir
    private Path directory;

    @BeforeEach
    void nothingIsThere() {
        Lab.down(NAME);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private static LabOptions withDisk(String fileSystem) {
        return LabOptions.standard()
                .withName(NAME)
                .withNodes(1)
                .withEngine(false)
                .withDisk(LabDisk.parse("512M:" + fileSystem).withPowerLoss());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void whatWasFsyncedSurvivesAndWhatWasNotIsGone(String fileSystem) {
        try (Lab lab = Lab.up(withDisk(fileSystem))) {
            must(lab, "dd if=/dev/urandom of=/srv/kept bs=64k count=16 conv=fsync; echo it > /srv/old; sync /srv/old");
            must(lab, "sync /srv");
            String sum = must(lab, "sha256sum < /srv/kept");
            must(lab, "dd if=/dev/urandom of=/srv/lost bs=64k count=16; mv /srv/old /srv/new; echo x >> /srv/kept");
            assertThat(must(lab, "ls /srv")).isEqualTo("kept\nlost\nnew\n");

            PowerCut.Outcome outcome = lab.powerCut("n1", PowerCut.loseAll());
            assertThat(outcome.keptBlocks()).isZero();
            assertThat(lab.state().nodes().getFirst().power()).isEqualTo("off");
            assertThat(LoopDevices.below(DISK).names()).isEmpty();
            requireSound(fileSystem);

            lab.start("n1");
            assertThat(must(lab, "ls /srv")).isEqualTo("kept\nold\n");
            assertThat(must(lab, "sha256sum < /srv/kept")).isEqualTo(sum);
            assertThat(must(lab, "cat /srv/old")).isEqualTo("it\n");
        }
    }

    private static final int MOST_CUTS = 24;

    @ParameterizedTest
    @CsvSource({"ext4, 20", "xfs, 4", "btrfs, 4"})
    void noAcknowledgedFsyncIsLostInACutAtARandomInstant(String fileSystem, int cuts) throws Exception {
        long lost = 0;
        try (Lab lab = Lab.up(withDisk(fileSystem))) {
            // By chance everything may have been flushed at each of a few instants: then some more.
            for (int seed = 1; seed <= cuts || (lost == 0 && seed <= MOST_CUTS); seed++) {
                int said = writeUntilACut(lab, seed);
                lost += lastOutcome.lostBlocks();
                if (seed % 4 == 0) {
                    requireSound(fileSystem);
                }
                lab.start("n1");
                assertThat(missing(lab, seed, said)).as("seed " + seed).isEmpty();
            }
        }
        assertThat(lost).as("blocks that the cuts took").isPositive();
    }

    private PowerCut.Outcome lastOutcome;

    /** Cuts the power at an instant that the seed decides; the last record that was acknowledged. */
    private int writeUntilACut(Lab lab, int seed) throws Exception {
        must(lab, NOISE);
        Path said = directory.resolve("said-" + seed);
        Process writer = lab.process("n1", writer("/srv/run-" + seed))
                .redirectOutput(said.toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        try {
            assertThat(Deadline.in(FIRST_RECORD).await(() -> lastSaid(said) > 0 || !writer.isAlive()))
                    .isTrue();
            Deadline.pause(new Random(seed).nextInt(600));
            lastOutcome = lab.powerCut("n1", seed);
            assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(lastSaid(said))
                    .as(Files.readString(directory.resolve("err")))
                    .isPositive();
            return lastSaid(said);
        } finally {
            writer.destroyForcibly();
        }
    }

    private static List<String> writer(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                Path.of("target", "test-classes").toAbsolutePath().toString(),
                FsyncWriter.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static int lastSaid(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.US_ASCII);
            String whole = text.substring(0, text.lastIndexOf('\n') + 1);
            return whole.isEmpty()
                    ? 0
                    : Integer.parseInt(whole.substring(whole.lastIndexOf('\n', whole.length() - 2) + 1)
                            .strip());
        } catch (IOException e) {
            return 0;
        }
    }

    private static String missing(Lab lab, int seed, int said) {
        ExecResult result = lab.exec(CHECK_TIMEOUT, "n1", writer("/srv/run-" + seed, Integer.toString(said)));
        return result.ok() ? "" : result.whatItSaid();
    }

    /** The image, mounted once so that its journal is replayed, is without fault; a copy, so that the disk stays as it is. */
    private void requireSound(String fileSystem) {
        Path copy = directory.resolve("copy.img");
        Path mount = directory.resolve("mount");
        String check = switch (fileSystem) {
            case "ext4" -> "fsck.ext4 -f -n";
            case "xfs" -> "xfs_repair -n";
            default -> "btrfs check --readonly";
        };
        String script = "set -e; cp --sparse=always \"$1\" \"$2\"; mkdir -p \"$3\"; mount -o loop \"$2\" \"$3\";"
                + " umount \"$3\"; " + check + " \"$2\"";
        ExecResult result = Tool.run(
                List.of(
                        "unshare",
                        "--mount",
                        "--propagation=private",
                        "sh",
                        "-c",
                        script,
                        "sh",
                        DISK.resolve("disk.img").toString(),
                        copy.toString(),
                        mount.toString()),
                CHECK_TIMEOUT,
                Map.of());
        assertThat(result.ok()).as(result.out() + result.err()).isTrue();
    }

    @Test
    void aKillOfSuchALabIsAPowerCutAndTheLabsOwnFilesSurviveIt() {
        try (Lab lab = Lab.up(withDisk("ext4").withNodes(2))) {
            String files = "cd / && find etc/gemel var/lib/gemel -type f -exec sha256sum {} +";
            String sums = must(lab, files);
            assertThat(sums).contains("etc/gemel/cluster.toml");
            lab.kill("n1");
            lab.start("n1");
            assertThat(must(lab, files)).isEqualTo(sums);
        }
    }

    @Test
    void aDeadServerIsAPowerCutAndNothingIsLeftOfTheLab() throws IOException {
        Lab lab = Lab.up(withDisk("ext4"));
        must(lab, "echo kept > /srv/kept; sync /srv/kept /srv; echo lost > /srv/lost");
        killServer();
        assertThat(lab.exec("n1", "sh", "-c", "echo x > /srv/x; sync /srv/x").ok())
                .isFalse();
        lab.kill("n1");
        lab.start("n1");
        assertThat(must(lab, "ls /srv")).isEqualTo("kept\n");
        must(lab, "dd if=/dev/zero of=/srv/more bs=1M count=50");
        killServer();
        lab.down();
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void aLabThatIsRemovedWithItsNodeOffOrItsRecordLostLeavesNothing() throws IOException {
        Lab lab = Lab.up(withDisk("ext4"));
        must(lab, "dd if=/dev/zero of=/srv/more bs=1M count=50");
        lab.powerCut("n1", 1);
        lab.down();
        assertThat(Leftovers.of(NAME)).isEmpty();
        Lab.up(withDisk("ext4"));
        LabRecords.delete(NAME);
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void aDiskThatCannotBeMountedIsSaidAndLeavesNothing() throws IOException {
        Lab lab = Lab.up(withDisk("btrfs"));
        lab.powerCut("n1", PowerCut.loseAll());
        try (FileChannel image = FileChannel.open(DISK.resolve("disk.img"), StandardOpenOption.WRITE)) {
            image.write(ByteBuffer.allocate(1 << 20));
        }
        assertThatThrownBy(() -> lab.start("n1"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("n1 could not be made");
        lab.down();
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void aDiskThatLosesNothingHasNoPowerCut() {
        LabOptions options = LabOptions.standard().withName(NAME).withNodes(1).withEngine(false);
        try (Lab lab = Lab.up(options)) {
            assertThatThrownBy(() -> lab.powerCut("n1", 1))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("no disk that could lose");
        }
    }

    private static void killServer() throws IOException {
        long pid = Long.parseLong(Files.readString(DISK.resolve("disk.pid")));
        NodeProcess.kill(pid);
        assertThat(Deadline.in(CHECK_TIMEOUT).await(() -> NodeProcess.state(pid) == 'Z'))
                .isTrue();
    }

    private static String must(Lab lab, String script) {
        ExecResult result = lab.exec("n1", "sh", "-ec", script);
        assertThat(result.ok()).as(script + ": " + result.whatItSaid()).isTrue();
        return result.out();
    }
}
