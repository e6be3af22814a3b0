package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import io.gemel.engine.testing.RequiresTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the second cannot do, and what it must not lose. */
@RequiresRoot
@RequiresFuse
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PeerFailureTest {

    private static final long WAIT_SECONDS = 60;
    private static final int SMALL_DISK_MIB = 8;

    @TempDir
    Path base;

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS))
                .as(String.join(" ", command))
                .isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
    }

    private static String shell(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", script).start();
        String text = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(script).isZero();
        return text;
    }

    @Test
    @RequiresTool("mkfs.ext4")
    void aFullDiskOfThePeerIsThePeersTroubleAloneAndANewCopyMendsIt() throws Exception {
        Path small = Files.createDirectories(base.resolve("n2/app"));
        Path image = base.resolve("image");
        run("truncate", "-s", SMALL_DISK_MIB + "M", image.toString());
        run("mkfs.ext4", "-q", image.toString());
        run("mount", "-o", "loop", image.toString(), small.toString());
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.delete(small.resolve("lost+found"));
            Path big = pair.n1.directory.resolve("big");
            Files.writeString(pair.n1.directory.resolve("f"), "f");
            pair.mirror();
            CompletableFuture<Path> writer = CompletableFuture.supplyAsync(
                    () -> write(big, (3 * SMALL_DISK_MIB) << 20),
                    r -> Thread.ofPlatform().daemon().start(r));
            assertThat(pair.n1.await("failed")).contains("at the peer").contains("ENOSPC");
            assertThat(pair.n2.await("failed")).contains("ENOSPC");
            pair.n1.plane.goAlone();
            writer.get(WAIT_SECONDS, TimeUnit.SECONDS);
            assertThat(Files.size(big)).isEqualTo((3L * SMALL_DISK_MIB) << 20);
            Files.delete(big);
            pair.cut();
            pair.n1.await("closed");
            pair.n2.await("closed");
            pair.connect();
            pair.n1.plane.startSync(2);
            pair.n1.await("done");
            pair.n2.await("received");
            Files.writeString(pair.n1.directory.resolve("g"), "g");
            assertThat(shell("cd " + small + " && cat f g && ls -A")).isEqualTo("fgf\ng\n");
        } finally {
            run("umount", "-l", small.toString());
        }
    }

    @Test
    void contentThatMayBeNowhereElseIsKeptAside() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.writeString(pair.n1.directory.resolve("f"), "new");
            Files.writeString(pair.n2.directory.resolve("f"), "old");
            Files.createDirectories(pair.n2.directory.resolve("d/e"));
            Files.writeString(pair.n2.directory.resolve("d/e/g"), "only here");
            Files.writeString(pair.n2.directory.resolve("h.local"), "stays");
            pair.mirror();
            pair.n1.plane.closePrimary();
            pair.n2.plane.closeSecond();
            Path kept = onlyEntry(pair.n2.directory.resolve(".gemel/kept"));
            assertThat(kept.resolve("f")).hasContent("old");
            assertThat(kept.resolve("d/e/g")).hasContent("only here");
            assertThat(pair.n2.directory.resolve("f")).hasContent("new");
            assertThat(pair.n2.directory.resolve("d")).doesNotExist();
            assertThat(pair.n2.directory.resolve("h.local")).hasContent("stays");
        }
    }

    @Test
    void contentThatThePeerHasIsReplaced() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.writeString(pair.n1.directory.resolve("f"), "new");
            Files.writeString(pair.n2.directory.resolve("f"), "old");
            Files.createDirectories(pair.n2.directory.resolve("d/e"));
            pair.n2.shared.set(true);
            pair.mirror();
            pair.n1.plane.closePrimary();
            pair.n2.plane.closeSecond();
            try (Stream<Path> found = Files.list(pair.n2.directory)) {
                assertThat(found.toList()).isEqualTo(List.of(pair.n2.directory.resolve("f")));
            }
            assertThat(pair.n2.directory.resolve("f")).hasContent("new");
        }
    }

    private static Path onlyEntry(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            List<Path> found = entries.toList();
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }

    private static Path write(Path file, int bytes) {
        try {
            return Files.write(file, new byte[bytes]);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
