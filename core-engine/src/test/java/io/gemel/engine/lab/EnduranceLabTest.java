package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.lab.endurance.Endurance;
import io.gemel.engine.lab.endurance.EnduranceOptions;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short torture: what users can run for hours. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(600)
class EnduranceLabTest {

    private static final String NAME = "test-endurance";
    private static final Duration TIME = Duration.ofSeconds(15);
    private static final long SEED = 11;

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void everyConfirmedRecordIsThereInOrderAndOnce() {
        StringWriter told = new StringWriter();
        boolean good = new Endurance(
                        new EnduranceOptions(NAME, "journal", TIME, SEED, Set.of(), false, base), new PrintWriter(told))
                .run();
        assertThat(good).as(told.toString()).isTrue();
        assertThat(told.toString().lines().toList().getLast()).startsWith("PASSED: journal, seed 11, ");
    }
}
