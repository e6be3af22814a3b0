package io.gemel.engine.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistersTest {

    private static final String A = "aa".repeat(32);
    private static final String B = "bb".repeat(32);

    @TempDir
    Path dir;

    private List<Path> leases() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(file -> file.toString().endsWith(".leases")).toList();
        }
    }

    @Test
    void whoAsksFirstMayForEverAlsoAfterARestart() throws Exception {
        try (Registers registers = Registers.open(dir)) {
            assertThat(registers.isFirst(B, A, "app", 7)).isTrue();
            assertThat(registers.isFirst(A, B, "app", 7)).isFalse();
            assertThat(registers.isFirst(B, A, "app", 7)).isTrue();
            assertThat(registers.isFirst(A, B, "app", -8))
                    .as("another generation")
                    .isTrue();
            assertThat(registers.isFirst(A, B, "other", 7)).as("another module").isTrue();
            assertThat(registers.isFirst(A, "cc".repeat(32), "app", 7))
                    .as("another pair")
                    .isTrue();
        }
        try (Registers registers = Registers.open(dir)) {
            assertThat(registers.isFirst(A, B, "app", 7)).isFalse();
            assertThat(registers.isFirst(B, A, "app", 7)).isTrue();
            assertThat(registers.isFirst(B, A, "app", -8)).isFalse();
            assertThat(registers.isFirst(B, A, "other", 7)).isFalse();
        }
    }

    @Test
    void whatCannotBeMadeDurableIsGrantedToNobody() throws Exception {
        try (Registers registers = Registers.open(dir)) {
            Path inTheWay =
                    Files.createDirectories(dir.resolve(A + "-" + B + ".next").resolve("x"));
            assertThatThrownBy(() -> registers.isFirst(A, B, "app", 7)).isInstanceOf(IOException.class);
            Files.delete(inTheWay);
            Files.deleteIfExists(inTheWay.getParent());
            assertThat(registers.isFirst(B, A, "app", 7)).isTrue();
            assertThat(registers.isFirst(A, B, "app", 7)).isFalse();
        }
    }

    @Test
    void aDamagedFileIsNotAnsweredFrom() throws Exception {
        try (Registers registers = Registers.open(dir)) {
            registers.isFirst(A, B, "app", 7);
        }
        Path file = leases().getFirst();
        String whole = Files.readString(file);
        for (String broken : List.of(
                whole.replace(" 0\n", " 1\n"), whole.substring(0, whole.length() - 3), "", whole + "app 1 1\n")) {
            Files.writeString(file, broken);
            assertThatThrownBy(() -> Registers.open(dir))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("damaged");
        }
        Files.writeString(file, whole);
        Registers.open(dir).close();
    }

    @Test
    void twoWitnessesNeverShareADirectory() {
        try (Registers registers = Registers.open(dir)) {
            assertThatThrownBy(() -> Registers.open(dir)).isInstanceOf(Problem.class);
            assertThat(registers).isNotNull();
        }
    }

    @Test
    void itStaysSmallWhoeverAsks() throws Exception {
        try (Registers registers = Registers.open(dir)) {
            int most = Registers.MOST_GENERATIONS;
            for (long generation = 1; generation <= most + 1; generation++) {
                assertThat(registers.isFirst(A, B, "app", generation)).isTrue();
            }
            assertThat(registers.isFirst(B, A, "app", 2)).as("still known").isFalse();
            assertThat(Files.readAllLines(leases().getFirst())).hasSize(most + 2);
            for (int module = 1; module < Registers.MOST_MODULES; module++) {
                registers.isFirst(A, B, "app" + module, 1);
            }
            assertThatThrownBy(() -> registers.isFirst(A, B, "more", 1)).hasMessageContaining("modules");
            for (int pair = 1; pair < Registers.MOST_PAIRS; pair++) {
                registers.isFirst(A, String.format(Locale.ROOT, "%064x", pair), "app", 1);
            }
            assertThatThrownBy(() -> registers.isFirst(A, "cc".repeat(32), "app", 1))
                    .hasMessageContaining("pairs");
            assertThat(registers.isFirst(A, B, "app", 1_000))
                    .as("those it serves")
                    .isTrue();
        }
    }
}
