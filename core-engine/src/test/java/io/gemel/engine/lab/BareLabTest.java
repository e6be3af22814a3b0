package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a lab promises, with no engine in its nodes. */
@RequiresNamespaces
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(300)
class BareLabTest {

    private static final String NAME = "test-bare";
    private static final LabOptions BARE = LabOptions.standard().withName(NAME).withEngine(false);

    /** Exit code of timeout(1). */
    private static final int TIMED_OUT = 124;

    private List<Path> missingBefore;

    @BeforeEach
    void whatIsMissingHere() {
        Lab.down(NAME);
        missingBefore = MountPoints.ALWAYS.stream()
                .filter(path -> Files.notExists(path))
                .toList();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        Lab.down(NAME);
        Lab.down(NAME + "2");
        assertThat(Leftovers.of(NAME)).isEmpty();
        assertThat(Leftovers.of(NAME + "2")).isEmpty();
        assertThat(missingBefore).allMatch(path -> Files.notExists(path));
    }

    @Test
    void nodesAndClientReachEachOtherAndNothingElse() {
        try (Lab lab = Lab.up(BARE)) {
            assertThat(reaches(lab, "n1", "10.77.0.2")).isTrue();
            assertThat(lab.client(knock("10.77.0.1")).exit() != TIMED_OUT).isTrue();
            assertThat(lab.exec("n1", "sh", "-c", "ip -o link | wc -l").out().strip())
                    .isEqualTo("2");
            assertThat(lab.exec("n1", "ip", "route").out()).doesNotContain("default");
            assertThat(lab.exec("n2", "cat", "/proc/sys/kernel/hostname").out()).isEqualTo("n2\n");
        }
    }

    @Test
    void aCommandKeepsItsExitCodeAndItsTimeIsBounded() {
        try (Lab lab = Lab.up(BARE)) {
            ExecResult result = lab.exec("n1", "sh", "-c", "pwd; echo oops >&2; exit 7");
            assertThat(result).isEqualTo(new ExecResult(7, "/\n", "oops\n"));
            assertThatThrownBy(() -> lab.exec(Duration.ofMillis(300), "n1", List.of("sleep", "60")))
                    .isInstanceOf(Problem.class);
            assertThat(lab.exec("n1", "pidof", "sleep").out().strip().split(" ", -1))
                    .hasSize(1);
        }
    }

    @Test
    void privatePathsDifferOnEachNodeAndStartEmptyWithTheModeOfTheOriginal(@TempDir Path here) throws IOException {
        Path data = Files.createDirectory(here.resolve("data"));
        Files.writeString(data.resolve("original"), "");
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-x---"));
        Files.setAttribute(data, "unix:uid", 12345);
        try (Lab lab = Lab.up(BARE.withPrivatePaths(List.of(data)))) {
            assertThat(lab.exec("n1", "stat", "-c", "%a %u", data.toString()).out())
                    .isEqualTo("750 12345\n");
            assertThat(lab.exec("n1", "ls", data.toString()).out()).isEmpty();
            for (String path : List.of(data.toString(), "/srv", "/etc/gemel", "/var/lib/gemel", "/run/gemel")) {
                lab.exec("n1", "sh", "-c", "echo mine > " + path + "/mark");
                assertThat(lab.exec("n2", "cat", path + "/mark").ok()).as(path).isFalse();
                assertThat(Path.of(path, "mark")).doesNotExist();
            }
        }
        assertThat(data.resolve("original")).exists();
    }

    @Test
    void aCutDropsTrafficUntilHealed() {
        try (Lab lab = Lab.up(BARE)) {
            lab.cut("n1", "n2");
            assertThat(reaches(lab, "n1", "10.77.0.2")).isFalse();
            assertThat(reaches(lab, "n1", "10.77.0.250")).isTrue();
            lab.heal();
            assertThat(reaches(lab, "n1", "10.77.0.2")).isTrue();
            lab.cut("n2", "client");
            assertThat(reaches(lab, "n2", "10.77.0.250")).isFalse();
            assertThat(reaches(lab, "n2", "10.77.0.1")).isTrue();
        }
    }

    @Test
    void aOneWayCutOfOneNetworkLeavesTheOtherWayAndTheOtherNetwork() {
        try (Lab lab = Lab.up(BARE.withNetworks(List.of("lan", "cross")))) {
            lab.exec("n2", "sh", "-c", "cat /sys/class/net/eth0/statistics/rx_packets > /srv/before");
            lab.cutOneWay("n2", "n1", "lan");
            assertThat(reaches(lab, "n1", "10.77.0.2")).isFalse();
            assertThat(lab.exec(
                                    "n2",
                                    "sh",
                                    "-c",
                                    "test $(cat /sys/class/net/eth0/statistics/rx_packets) -gt $(cat /srv/before)")
                            .ok())
                    .as("n1's requests arrive")
                    .isTrue();
            assertThat(reaches(lab, "n1", "10.77.1.2")).isTrue();
        }
    }

    @Test
    void aKilledNodeIsGoneAndComesBackWithItsDiskButNotItsMemory() {
        try (Lab lab = Lab.up(BARE)) {
            lab.exec("n1", "sh", "-c", "echo kept > /srv/kept; echo lost > /run/gemel/lost; setsid sleep 1000 &");
            lab.kill("n1");
            assertThat(reaches(lab, "n2", "10.77.0.1")).isFalse();
            assertThat(lab.state().nodes().getFirst().power()).isEqualTo("off");
            assertThatThrownBy(() -> lab.exec("n1", "true"))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("off");
            lab.start("n1");
            assertThat(lab.exec("n1", "cat", "/srv/kept").out()).isEqualTo("kept\n");
            assertThat(lab.exec("n1", "ls", "/run/gemel").out()).isEmpty();
            assertThat(reaches(lab, "n2", "10.77.0.1")).isTrue();
        }
    }

    @Test
    void aCutOutlivesAPowerCycle() {
        try (Lab lab = Lab.up(BARE)) {
            lab.cut("n1", "n2");
            lab.kill("n1");
            lab.start("n1");
            assertThat(reaches(lab, "n1", "10.77.0.2")).isFalse();
        }
    }

    @Test
    void aFrozenNodeStandsStillAndGoesOnWhenThawed() {
        try (Lab lab = Lab.up(BARE)) {
            lab.exec(
                    "n1",
                    "sh",
                    "-c",
                    "setsid sh -c 'while :; do date +%N > /srv/clock; sleep 0.01; done' >/dev/null &");
            lab.freeze("n1");
            assertThat(lab.state().nodes().getFirst().power()).isEqualTo("frozen");
            Path clock = LabNames.HOMES.resolve(NAME).resolve("n1/disk/srv/clock");
            assertThat(changes(clock, Duration.ofMillis(300))).isFalse();
            lab.thaw("n1");
            assertThat(changes(clock, Duration.ofSeconds(5))).isTrue();
            lab.freeze("n1");
            lab.kill("n1");
            assertThat(lab.state().nodes().getFirst().power()).isEqualTo("off");
        }
    }

    @Test
    void twoLabsWithTheSameAddressesStandSideBySide() {
        try (Lab one = Lab.up(BARE);
                Lab two = Lab.up(BARE.withName(NAME + "2"))) {
            one.exec("n1", "touch", "/srv/of-one");
            assertThat(two.exec("n1", "ls", "/srv").out()).isEmpty();
            one.down();
            assertThat(two.exec("n1", "touch", "/srv/of-two").ok()).isTrue();
            assertThat(reaches(two, "n1", "10.77.0.2")).isTrue();
            assertThat(two.exec("n1", "cat", "/run/gemel/x").ok()).isFalse();
        }
    }

    @Test
    void aNodeWithADiskOfItsOwnCanFillIt() {
        try (Lab lab = Lab.up(BARE.withDisk(LabDisk.parse("64M")))) {
            lab.fill("n2");
            assertThat(lab.exec("n2", "dd", "if=/dev/zero", "of=/srv/x", "bs=64k", "count=4")
                            .err())
                    .contains("No space left");
            assertThat(lab.exec("n1", "dd", "if=/dev/zero", "of=/srv/x", "bs=64k", "count=4")
                            .ok())
                    .isTrue();
            lab.unfill("n2");
            assertThat(lab.exec("n2", "dd", "if=/dev/zero", "of=/srv/x", "bs=64k", "count=4")
                            .ok())
                    .isTrue();
            lab.kill("n2");
            lab.start("n2");
            assertThat(lab.exec("n2", "stat", "-c", "%s", "/srv/x").out()).isEqualTo("262144\n");
        }
    }

    @Test
    void aLabWhoseRecordIsLostCanStillBeRemoved() throws IOException {
        Lab lab = Lab.up(BARE);
        lab.exec("n1", "sh", "-c", "setsid sleep 1000 >/dev/null &");
        LabRecords.delete(NAME);
        assertThat(Leftovers.of(NAME)).isNotEmpty();
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
        missingBefore.forEach(path -> path.toFile().delete());
    }

    @Test
    void aPathThatWouldHideTheProgramIsRefused() {
        assertThatThrownBy(() -> Lab.up(BARE.withPrivatePaths(List.of(Path.of(System.getProperty("java.home"))))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("Gemel itself");
    }

    /** A refusal is an answer too: only silence means that nothing gets through. */
    private static boolean reaches(Lab lab, String from, String to) {
        return lab.exec(from, knock(to)).exit() != TIMED_OUT;
    }

    private static String[] knock(String address) {
        return new String[] {"timeout", "1", "bash", "-c", "</dev/tcp/" + address + "/9"};
    }

    private static boolean changes(Path file, Duration within) {
        String before = read(file);
        return Deadline.in(within).await(() -> !read(file).equals(before));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
