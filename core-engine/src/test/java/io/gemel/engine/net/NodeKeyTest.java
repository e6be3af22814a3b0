package io.gemel.engine.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class NodeKeyTest {

    @TempDir
    Path parent;

    @Test
    void aKeyIsMadeOnceAndFoundAgainAndNobodyElseCanReadIt() throws Exception {
        Path dir = parent.resolve("node");
        NodeKey made = NodeKey.loadOrCreate(dir);
        assertThat(made.keyHash()).matches("sha256:[0-9a-f]{64}");
        assertThat(NodeKey.load(dir).keyHash()).isEqualTo(made.keyHash());
        assertThat(NodeKey.loadOrCreate(dir).keyHash()).isEqualTo(made.keyHash());
        assertThat(NodeKey.hashOf(made.certificate())).isEqualTo(made.keyHash());
        assertThat(made.privateKey().getAlgorithm()).isEqualTo("EdDSA");
        try (var files = Files.list(dir)) {
            assertThat(files).containsExactly(dir.resolve("node.p12"));
        }
        assertThat(mode(dir)).isEqualTo("rwx------");
        assertThat(mode(dir.resolve("node.p12"))).isEqualTo("rw-------");

        Files.setPosixFilePermissions(dir.resolve("node.p12"), PosixFilePermissions.fromString("rw-r-----"));
        assertProblem(dir, "open to other users", "chmod 600");
        Files.setPosixFilePermissions(dir.resolve("node.p12"), PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwx---"));
        assertProblem(dir, "can replace", "chmod 700");
    }

    @Test
    void aMissingKeyAndADamagedOneAreProblemsWithANextStep() throws Exception {
        assertProblem(parent, "no node key", "gemel init");
        Path file = parent.resolve("node.p12");
        Files.write(file, new byte[] {1, 2, 3});
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertProblem(parent, "cannot be read", "backup");
        assertThatThrownBy(() -> NodeKey.loadOrCreate(parent)).isInstanceOf(Problem.class);
        assertThat(Files.readAllBytes(file)).as("a damaged key is not replaced").containsExactly(1, 2, 3);
    }

    private static void assertProblem(Path dir, String what, String nextStep) {
        assertThatThrownBy(() -> NodeKey.load(dir)).isInstanceOfSatisfying(Problem.class, p -> {
            assertThat(p.what()).contains(what, dir.toString());
            assertThat(p.nextStep()).contains(nextStep);
        });
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
