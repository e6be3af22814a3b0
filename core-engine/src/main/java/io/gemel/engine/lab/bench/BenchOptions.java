package io.gemel.engine.lab.bench;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What a benchmark measures.
 *
 * @param quick a few seconds for each workload: shows that it works, not how fast
 * @param workloads names of the workloads to run; empty for all
 * @param setups names of the setups to measure; empty for all
 * @param out where the table goes, the numbers beside it as JSON; empty for the screen alone
 */
public record BenchOptions(boolean quick, Set<String> workloads, Set<String> setups, Optional<Path> out) {

    public BenchOptions {
        workloads = Set.copyOf(workloads);
        setups = Set.copyOf(setups);
    }

    /** Seconds that a timed workload runs. */
    int seconds() {
        return quick ? 3 : 20;
    }

    /** Seconds of writing before the first measurement. */
    int warmUpSeconds() {
        return quick ? 2 : 8;
    }

    /** Files that are unpacked, searched and removed. */
    int files() {
        return quick ? 2_000 : 20_000;
    }

    /** Size of the file that the sequential and random workloads use. */
    int fileMebibytes() {
        return quick ? 64 : 512;
    }

    boolean wants(Setup setup) {
        return setups.isEmpty() || setups.contains(setup.id()) || setup.isNative();
    }

    boolean wants(Workload workload) {
        return workloads.isEmpty() || workloads.contains(workload.name());
    }
}
