package io.gemel.engine.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    @TempDir
    Path folder;

    private String table(Result... results) throws Exception {
        Path file = folder.resolve("table.md");
        BenchOptions options = new BenchOptions(true, Set.of(), Set.of(), Optional.of(file));
        new Report(options, new MachineFacts(Map.of("kernel", "Linux 1")), List.of(results))
                .write(new PrintWriter(new StringWriter()));
        return Files.readString(file);
    }

    @Test
    void aRatioIsTheShareOfNativeSpeedWhicheverWayTheUnitCounts() throws Exception {
        assertThat(table(
                        Result.measured(Setup.NATIVE_BEFORE, Metric.RANDOM_WRITE_MEAN, 8),
                        Result.measured(Setup.NATIVE_AFTER, Metric.RANDOM_WRITE_MEAN, 12),
                        Result.measured(Setup.WRITE, Metric.RANDOM_WRITE_MEAN, 40),
                        Result.measured(Setup.NATIVE_BEFORE, Metric.PGBENCH, 2000),
                        Result.measured(Setup.NATIVE_AFTER, Metric.PGBENCH, 2000),
                        Result.measured(Setup.WRITE, Metric.PGBENCH, 1500)))
                .contains("40.0 (0.25)", "1500 (0.75)", "-33 %", "+0 %", "kernel: Linux 1");
    }

    @Test
    void whatFailedOrWasSkippedStaysInTheTableWithItsReason() throws Exception {
        assertThat(table(
                        Result.failed(Setup.WRITE, Metric.PGBENCH, "the server did not start"),
                        Result.skipped(Setup.GLUSTER, Metric.PGBENCH, "glusterd is not installed")))
                .contains("**failed**", "failed: the server did not start", "skipped: glusterd is not installed");
        assertThat(Files.readString(folder.resolve("table.json"))).contains("\"failure\": \"the server did not start\"");
    }

    @Test
    void theNumbersOfTheToolsAreFound() {
        Object tree = Numbers.json("fio: noise\n{\"jobs\": [{\"write\": {\"iops\": 12.5}}]}");
        assertThat(Numbers.number(tree, "jobs", 0, "write", "iops")).isEqualTo(12.5);
    }
}
