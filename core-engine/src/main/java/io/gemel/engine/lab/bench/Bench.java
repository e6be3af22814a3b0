package io.gemel.engine.lab.bench;

import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Measures every setup with every workload, back to back, the native one before and after.
 *
 * <p>A workload or a setup that fails is a failed cell of the table; the others go on.
 */
public final class Bench {

    private final BenchOptions options;
    private final PrintWriter out;
    private final List<Result> results = new ArrayList<>();

    public Bench(BenchOptions options, PrintWriter out) {
        this.options = options;
        this.out = out;
    }

    /** Runs everything and writes the report; true when nothing failed. */
    public boolean run() {
        withStation("bench", true, List.of(Setup.ALONE, Setup.WRITE, Setup.FSYNC), true);
        withStation("bench", false, List.of(Setup.WRITE_PLAIN, Setup.FSYNC_PLAIN), false);
        gluster();
        withStation("bench", false, List.of(Setup.LIMIT), false);
        Report report = new Report(options, MachineFacts.now(), results);
        report.write(out);
        return results.stream().allMatch(result -> result.failure().isEmpty());
    }

    /** One lab: native first or last, then the setups that it can give. */
    private void withStation(String name, boolean encrypted, List<Setup> setups, boolean first) {
        List<Setup> wanted = setups.stream().filter(options::wants).toList();
        boolean isLast = setups.contains(Setup.LIMIT);
        if (wanted.isEmpty() && !first && !isLast) {
            return;
        }
        boolean engines = wanted.stream().anyMatch(Setup::isGemel);
        List<Setup> all = new ArrayList<>(wanted);
        all.add(first ? 0 : all.size(), first ? Setup.NATIVE_BEFORE : Setup.NATIVE_AFTER);
        if (!first && !isLast) {
            all.removeLast();
        }
        say("Making a lab, " + (engines ? encrypted ? "encrypted" : "not encrypted" : "without engines"));
        try (GemelStation station = GemelStation.up(name, encrypted, engines)) {
            all.forEach(setup -> measure(station, setup));
        } catch (Problem problem) {
            all.stream()
                    .filter(setup -> results.stream().noneMatch(result -> result.setup() == setup))
                    .forEach(setup -> fail(setup, problem));
        }
    }

    private void measure(GemelStation station, Setup setup) {
        say(setup.title());
        try {
            switch (setup) {
                case NATIVE_BEFORE, NATIVE_AFTER -> workloads(setup, station.nativePlace());
                case ALONE -> {
                    station.alone("write");
                    workloads(setup, station.place("write"));
                    memory(setup, station);
                }
                case WRITE, WRITE_PLAIN -> mirrored(setup, station, "write");
                case FSYNC, FSYNC_PLAIN -> mirrored(setup, station, "fsync");
                case LIMIT -> limit(station);
                case GLUSTER -> throw new IllegalStateException("GlusterFS has a station of its own");
            }
        } catch (Problem problem) {
            fail(setup, problem);
        }
    }

    private void mirrored(Setup setup, GemelStation station, String sync) {
        station.mirrored(sync);
        workloads(setup, station.place(sync));
        memory(setup, station);
        station.stop(sync);
    }

    private void limit(GemelStation station) {
        if (options.wants(new FioWorkload())) {
            Limit.run(station.lab(), options)
                    .forEach((metric, value) -> add(Result.measured(Setup.LIMIT, metric, value)));
        }
    }

    private void gluster() {
        if (!options.wants(Setup.GLUSTER)) {
            return;
        }
        Optional<String> missing = GlusterStation.missing();
        if (missing.isPresent()) {
            metrics().forEach(metric -> add(Result.skipped(Setup.GLUSTER, metric, missing.get())));
            return;
        }
        say(Setup.GLUSTER.title());
        try (GlusterStation station = GlusterStation.up("bench")) {
            workloads(Setup.GLUSTER, station.place());
        } catch (Problem problem) {
            fail(Setup.GLUSTER, problem);
        }
    }

    private void workloads(Setup setup, Place place) {
        for (Workload workload : Workload.all()) {
            if (!options.wants(workload)) {
                continue;
            }
            Optional<String> missing = workload.missing();
            if (missing.isPresent()) {
                workload.metrics().forEach(metric -> add(Result.skipped(setup, metric, missing.get())));
                continue;
            }
            try {
                Map<Metric, Double> values = workload.run(place, options);
                workload.metrics().forEach(metric -> add(Result.measured(setup, metric, values.get(metric))));
            } catch (Problem problem) {
                workload.metrics().forEach(metric -> add(Result.failed(setup, metric, oneLine(problem))));
            }
        }
    }

    private void memory(Setup setup, GemelStation station) {
        station.memory().forEach((metric, mebibytes) -> {
            if (setup == Setup.ALONE && metric == Metric.MEMORY_SECOND) {
                return;
            }
            add(
                    mebibytes.isPresent()
                            ? Result.measured(setup, metric, mebibytes.getAsDouble())
                            : Result.failed(setup, metric, "no engine was found in the node"));
        });
    }

    private List<Metric> metrics() {
        return Workload.all().stream()
                .filter(options::wants)
                .flatMap(workload -> workload.metrics().stream())
                .toList();
    }

    private void fail(Setup setup, Problem problem) {
        metrics().stream()
                .filter(metric -> results.stream().noneMatch(r -> r.setup() == setup && r.metric() == metric))
                .forEach(metric -> add(Result.failed(setup, metric, oneLine(problem))));
    }

    private static String oneLine(Problem problem) {
        return problem.what().strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private void add(Result result) {
        results.add(result);
        OptionalDouble value = result.value();
        String text = value.isPresent()
                ? Report.number(value.getAsDouble()) + " " + result.metric().unit()
                : result.failure()
                        .map(why -> "FAILED: " + why)
                        .orElse("skipped: " + result.skipped().orElse(""));
        say("  " + result.metric().title() + ": " + text);
    }

    private void say(String sentence) {
        out.println(sentence);
        out.flush();
    }
}
