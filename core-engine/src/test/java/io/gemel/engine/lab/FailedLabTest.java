package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lab that cannot be made, or is not wanted any more while it is made, leaves nothing. */
@RequiresNamespaces
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(300)
class FailedLabTest {

    private static final String NAME = "test-failed";
    private static final LabOptions BARE = LabOptions.standard().withName(NAME).withEngine(false);

    @TempDir
    private Path directory;

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
        List<String> left = Leftovers.of(NAME);
        List<Path> made = missingBefore.stream().filter(Files::exists).toList();
        Lab.down(NAME);
        assertThat(left).isEmpty();
        assertThat(made).isEmpty();
    }

    @Test
    void aModuleWithAMistakeIsRefusedWithItsLine() throws IOException {
        Path module = module("[module]\nmode = \"mirror\"\n[replication]\ndirectorys = [\"/srv/app\"]\n");
        assertThatThrownBy(() -> Lab.up(BARE.withModules(List.of(module))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("module.toml:4");
        assertThat(Lab.list()).doesNotContain(NAME);
    }

    @Test
    void aFolderThatIsNoModuleIsRefused() {
        assertThatThrownBy(() -> Lab.up(BARE.withModules(List.of(directory))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("module.toml");
    }

    @Test
    void aDiskThatCannotBeMadeIsRefused() {
        assertThatThrownBy(() -> Lab.up(BARE.withDisk(new LabDisk(4096, "ext4"))))
                .isInstanceOf(Problem.class);
    }

    @Test
    void eachNodeHasTheClusterItsModulesAndAKeyOfItsOwn() throws IOException {
        Path module = module("[module]\nmode = \"mirror\"\n[replication]\ndirectories = [\"/srv/app\"]\n");
        Files.createDirectory(module.resolve("bin"));
        Path script = Files.writeString(module.resolve("bin/start_prim"), "#!/bin/sh\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        try (Lab lab = Lab.up(BARE.withModules(List.of(module)).withEncryption(false))) {
            String cluster = lab.exec("n1", "cat", "/etc/gemel/cluster.toml").out();
            assertThat(cluster).contains("lan = \"10.77.0.2\"", "encryption = \"off\"", "sha256:");
            assertThat(lab.exec("n2", "cat", "/etc/gemel/cluster.toml").out()).isEqualTo(cluster);
            assertThat(lab.exec("n2", "/etc/gemel/modules/app/bin/start_prim").ok())
                    .isTrue();
            String key = lab.exec("n1", "sh", "-c", "sha256sum < /var/lib/gemel/key/node.p12")
                    .out();
            assertThat(lab.exec("n2", "sh", "-c", "sha256sum < /var/lib/gemel/key/node.p12")
                            .out())
                    .isNotEqualTo(key);
        }
    }

    /** Told to end at different moments: just begun, in the middle, nearly done. */
    @ParameterizedTest
    @ValueSource(strings = {"switch", "n1", "n2"})
    void aLabThatIsToldToEndWhileItIsMadeLeavesNothing(String member) throws Exception {
        Process up = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.gemel.engine.cli.Main",
                        "lab",
                        "up",
                        "--no-engine",
                        "--name",
                        NAME)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        try {
            Path namespace = LabNames.NAMESPACES.resolve(new LabNames(NAME).namespace(member));
            assertThat(Deadline.in(Duration.ofSeconds(30)).await(() -> Files.exists(namespace) || !up.isAlive()))
                    .isTrue();
            up.destroy();
            assertThat(up.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(up.exitValue())
                    .as(Files.readString(directory.resolve("output")))
                    .isNotZero();
        } finally {
            up.destroyForcibly();
        }
    }

    private Path module(String toml) throws IOException {
        Path module = Files.createDirectory(directory.resolve("app"));
        Files.writeString(module.resolve("module.toml"), toml);
        return module;
    }
}
