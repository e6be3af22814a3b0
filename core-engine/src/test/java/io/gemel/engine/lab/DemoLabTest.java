package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.lab.demo.Demo;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demonstration itself: a primary killed and a swap under writing clients, with nothing lost and nothing left. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(600)
class DemoLabTest {

    private static final String NAME = "test-demo";

    @BeforeEach
    @AfterEach
    void down() {
        Lab.down(NAME);
    }

    @Test
    void clientsLoseNoAcknowledgedRecordToASwap() throws IOException {
        show("journal");
    }

    @Test
    @RequiresTool({"initdb", "pgbench", "psql"})
    void pgbenchLosesNoCommittedTransactionToASwap() throws IOException {
        show("postgresql");
    }

    private static void show(String application) throws IOException {
        StringWriter told = new StringWriter();
        boolean good = new Demo(LabOptions.standard().withName(NAME), application, true, new PrintWriter(told)).run();
        assertThat(good).as(told.toString()).isTrue();
        assertThat(told.toString())
                .contains(" acknowledged, ", "longest wait", "serves", "No acknowledged write was lost.");
        assertThat(Leftovers.of(NAME)).isEmpty();
    }
}
