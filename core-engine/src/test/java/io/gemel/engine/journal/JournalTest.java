package io.gemel.engine.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.fs.IdentityStore;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class JournalTest {

    private static final String NODE = "sha256:aa";

    @TempDir
    Path parent;

    @Test
    void recordsAreThereAfterAReopen() {
        Path dir = parent.resolve("journal");
        try (Journal journal = Journal.open(dir, NODE)) {
            assertThat(journal.created()).isTrue();
            journal.put(Journal.GENERATION, "app", new byte[] {1, 2, 3});
            journal.put(Journal.GENERATION, "gone", new byte[] {4});
            journal.remove(Journal.GENERATION, "gone");
            journal.identities("app", 0).put(300, new byte[] {9, 9});
        }
        try (Journal journal = Journal.open(dir, NODE)) {
            assertThat(journal.created()).isFalse();
            assertThat(journal.get(Journal.GENERATION, "app")).containsExactly(1, 2, 3);
            assertThat(journal.get(Journal.GENERATION, "gone")).isNull();
            assertThat(journal.identities("app", 0).idOf(new byte[] {9, 9})).isEqualTo(300);
            assertThat(journal.identities("app", 0).handleOf(300)).containsExactly(9, 9);
        }
    }

    @Test
    void anotherNodesJournalIsRefused() {
        Journal.open(parent, NODE).close();
        assertProblem("sha256:bb", "sha256:aa", "move");
    }

    @Test
    void anUnknownFormatIsRefused() {
        Journal.open(parent, NODE).close();
        try (RocksStore store = RocksStore.open(parent, Journal.FAMILIES)) {
            store.change(
                    true, batch -> batch.put(store.family("default"), "format".getBytes(UTF_8), "9".getBytes(UTF_8)));
        }
        assertProblem(NODE, "format 9", "Install");
    }

    @Test
    void aJournalOfANewerGemelIsRefused() {
        RocksStore.open(parent, List.of(Journal.GENERATION, Journal.IDENTITY, "grant"))
                .close();
        assertProblem(NODE, "\"grant\"", "Install the newer Gemel");
    }

    @Test
    void aJournalInUseIsRefused() {
        try (Journal journal = Journal.open(parent, NODE)) {
            assertProblem(NODE, "in use", "Stop");
            assertThat(journal.get(Journal.GENERATION, "app")).isNull();
        }
    }

    @Test
    void aJournalThatLostItsEntryPointIsDamagedAndNotNew() throws IOException {
        Journal.open(parent, NODE).close();
        Files.delete(parent.resolve("CURRENT"));
        assertProblem(NODE, "damaged", "compared with the peer's in full");
    }

    @Test
    void aDamagedManifestIsFoundAtOpen() throws IOException {
        Journal.open(parent, NODE).close();
        Path manifest = only("MANIFEST");
        damage(manifest, Files.size(manifest) / 2);
        assertProblem(NODE, "damaged", "compared with the peer's in full");
    }

    @Test
    void aHoleInTheMiddleOfTheLogIsFoundAtOpen() throws IOException {
        try (Journal journal = Journal.open(parent, NODE)) {
            for (int i = 0; i < 1_000; i++) {
                journal.identities("app", 0)
                        .put(256 + i, ByteBuffer.allocate(8).putLong(i).array());
            }
        }
        Path log = only(".log");
        damage(log, Files.size(log) / 2);
        assertProblem(NODE, "damaged", "compared with the peer's in full");
    }

    @Test
    void aFlippedBitInATableIsFoundAtOpen() throws IOException {
        try (Journal journal = Journal.open(parent, NODE)) {
            fill(journal);
        }
        // Opening moves what is in the log to a table.
        Journal.open(parent, NODE).close();
        Path table = biggest(".sst");
        damage(table, Files.size(table) / 3);
        assertProblem(NODE, "damaged", "compared with the peer's in full");
    }

    private Path biggest(String ending) throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    @Test
    void aLogThatIsCutOffAfterItWasOnTheDiskIsDamagedAndStaysSo() throws IOException {
        try (Journal journal = Journal.open(parent, NODE)) {
            fill(journal);
        }
        try (FileChannel channel = FileChannel.open(only(".log"), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
        assertProblem(NODE, "damaged: it ends at change", "compared with the peer's in full");
        assertProblem(NODE, "damaged: it ends at change", "compared with the peer's in full");
    }

    private static void fill(Journal journal) {
        for (int i = 0; i < 1_000; i++) {
            journal.identities("app", 0)
                    .put(256 + i, ByteBuffer.allocate(8).putLong(i).array());
        }
    }

    @Test
    void aTornEndOfTheLogLosesOnlyTheNewest() throws IOException {
        Path mark = parent.resolve("SYNCED");
        Journal.open(parent, NODE).close();
        byte[] markBeforeTheEnd = Files.readAllBytes(mark);
        try (Journal journal = Journal.open(parent, NODE)) {
            fill(journal);
        }
        Files.write(mark, markBeforeTheEnd);
        Path log = only(".log");
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 5);
        }
        try (Journal journal = Journal.open(parent, NODE)) {
            IdentityStore identities = journal.identities("app", 0);
            assertThat(identities.handleOf(256 + 998)).isNotNull();
            assertThat(identities.handleOf(256 + 999)).isNull();
            assertThat(identities.idOf(ByteBuffer.allocate(8).putLong(999).array()))
                    .isEqualTo(IdentityStore.NONE);
        }
    }

    @Test
    void useAfterCloseIsAnErrorAndNotACrash() {
        Journal journal = Journal.open(parent, NODE);
        IdentityStore identities = journal.identities("app", 0);
        journal.close();
        journal.close();
        assertThatThrownBy(() -> journal.get(Journal.GENERATION, "app")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> journal.put(Journal.GENERATION, "app", new byte[1]))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> identities.idOf(new byte[] {1})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> identities.put(300, new byte[] {1})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(identities::nextId).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nothingIsLeftOfTheNativeLibrary() throws IOException {
        try (Journal journal = Journal.open(parent, NODE);
                Stream<Path> files = Files.list(parent)) {
            assertThat(journal.created()).isTrue();
            assertThat(files.filter(f -> f.getFileName().toString().startsWith("native")))
                    .isEmpty();
        }
    }

    @Test
    void noIdentityIsGivenTwiceWhenTheEngineIsKilled() throws Exception {
        long last = 0;
        for (int round = 0; round < 2; round++) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Victim.class.getName(),
                            parent.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var lines = child.inputReader()) {
                String[] range = String.valueOf(lines.readLine()).split(" ", 2);
                assertThat(Long.parseLong(range[0])).isGreaterThan(last);
                last = Long.parseLong(range[1]);
                child.destroyForcibly();
                assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
            } finally {
                child.destroyForcibly();
            }
            try (Journal journal = Journal.open(parent, NODE)) {
                IdentityStore identities = journal.identities("app", 0);
                assertThat(identities.handleOf(last)).as("put before the kill").isNotNull();
                long fresh = identities.nextId();
                assertThat(fresh).isGreaterThan(last);
                last = fresh;
            }
        }
    }

    /** Takes some identities, says which, and waits to be killed. */
    static final class Victim {
        public static void main(String[] args) throws Exception {
            IdentityStore identities = Journal.open(Path.of(args[0]), NODE).identities("app", 0);
            long first = identities.nextId();
            long last = first;
            for (int i = 0; i < IdCounter.BLOCK_IDS + 10; i++) {
                last = identities.nextId();
            }
            identities.put(last, new byte[] {1, 2, 3});
            System.out.println(first + " " + last);
            Thread.sleep(TimeUnit.MINUTES.toMillis(1));
        }
    }

    private void assertProblem(String node, String what, String nextStep) {
        assertThatThrownBy(() -> Journal.open(parent, node).close()).isInstanceOfSatisfying(Problem.class, p -> {
            assertThat(p.what()).contains(what, parent.toString());
            assertThat(p.nextStep()).contains(nextStep);
        });
    }

    private Path only(String part) throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            List<Path> found =
                    files.filter(f -> f.getFileName().toString().contains(part)).toList();
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }

    private static void damage(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.allocate(16);
            channel.read(bytes, at);
            for (int i = 0; i < bytes.position(); i++) {
                bytes.put(i, (byte) ~bytes.get(i));
            }
            channel.write(bytes.flip(), at);
        }
    }
}
