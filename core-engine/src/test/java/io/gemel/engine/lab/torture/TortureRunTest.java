package io.gemel.engine.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both sides are plain directories here: what is tried is the tester. */
class TortureRunTest {

    private static final Duration LONGEST = Duration.ofMinutes(4);

    private Path place;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @BeforeEach
    void makePlace() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "acting as several users needs root");
        place = Files.createTempDirectory("torture");
        Files.createDirectory(place.resolve("a"));
        Files.createDirectory(place.resolve("b"));
    }

    @AfterEach
    void removePlace() {
        if (place != null) {
            try (Kernel kernel = new Kernel()) {
                Removal.of(kernel, place.toString());
            }
        }
    }

    private boolean run(long seed, int workers, long operations, String sabotage) {
        TortureOptions options = new TortureOptions(
                place.resolve("a"), place.resolve("b"), seed, workers, operations, LONGEST, sabotage);
        return new TortureRun(options, new PrintStream(output, true, StandardCharsets.UTF_8)).run();
    }

    private String printed() {
        return output.toString(StandardCharsets.UTF_8);
    }

    @Test
    void twoPlainDirectoriesAnswerAlike() {
        assertThat(run(7, 2, 3_000, "NONE")).as("%s", printed()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(value = Sabotage.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aFaultIsFoundAndShownWithTheSeedAndTheOperationsBeforeIt(Sabotage fault) {
        assertThat(run(7, 1, 20_000, fault.name())).as("%s", printed()).isFalse();
        assertThat(printed()).contains("DIFFERENCE in worker 0, its seed ", "The last ", "NOT equal");
    }

    @Test
    void theSameSeedFindsTheSameDifferenceAgain() {
        run(11, 1, 20_000, "IGNORE_TRUNCATE");
        String first = printed().lines().skip(1).findFirst().orElseThrow();
        removePlace();
        output.reset();
        assertThat(place.toFile().mkdir()).isTrue();
        assertThat(place.resolve("a").toFile().mkdir()).isTrue();
        assertThat(place.resolve("b").toFile().mkdir()).isTrue();
        run(11, 1, 20_000, "IGNORE_TRUNCATE");
        assertThat(printed().lines().skip(1).findFirst().orElseThrow()).isEqualTo(first);
    }
}
