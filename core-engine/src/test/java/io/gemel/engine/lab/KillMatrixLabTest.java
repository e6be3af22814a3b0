package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.lab.kills.KillMatrix;
import io.gemel.engine.lab.kills.KillOptions;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is killed at whatever instant, nothing that was acknowledged is lost, and the mirror becomes whole again. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "losetup", "mkfs.ext4"})
@Timeout(900)
class KillMatrixLabTest {

    private static final String NAME = "test-kills";
    private static final int ROUNDS = 4;
    private static final int ROUNDS_WITH_SYNC_ON_FSYNC = 1;

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void everyAcknowledgedWriteIsThereAfterAnyKill() {
        run(2, ROUNDS);
    }

    @Test
    void everyAcknowledgedFlushIsThereAfterAnyKillWhereOnlyFlushesWait() {
        run(3, ROUNDS_WITH_SYNC_ON_FSYNC);
    }

    private void run(long seed, int rounds) {
        StringWriter said = new StringWriter();
        KillOptions options = new KillOptions(NAME, rounds, 1, seed, List.of(), base);
        boolean good = new KillMatrix(options, new PrintWriter(said)).run();
        System.out.println(said);
        assertThat(good).as(said.toString()).isTrue();
    }
}
