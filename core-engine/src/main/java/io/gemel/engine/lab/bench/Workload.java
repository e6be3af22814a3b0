package io.gemel.engine.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Something that applications do, which gives one or a few numbers. */
interface Workload {

    /** As the command line names it. */
    String name();

    /** What it measures; a workload that fails is reported as failed in all of them. */
    List<Metric> metrics();

    /** Why it cannot run on this machine; empty when it can. */
    Optional<String> missing();

    /** Runs it in a place and leaves the place as it was. */
    Map<Metric, Double> run(Place place, BenchOptions options);

    /** All, in the order in which they run. */
    static List<Workload> all() {
        return List.of(new FioWorkload(), new FilesWorkload(), new PgbenchWorkload(), new SysbenchWorkload());
    }
}
