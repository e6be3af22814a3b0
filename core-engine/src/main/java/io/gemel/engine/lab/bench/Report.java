package io.gemel.engine.lab.bench;

import com.squareup.moshi.Moshi;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The results as a table for people and as JSON for programs. */
final class Report {

    private final BenchOptions options;
    private final MachineFacts machine;
    private final List<Result> results;

    Report(BenchOptions options, MachineFacts machine, List<Result> results) {
        this.options = options;
        this.machine = machine;
        this.results = List.copyOf(results);
    }

    /** Prints the table and, where a file was named, writes table and numbers. */
    void write(PrintWriter out) {
        String table = markdown();
        out.println();
        out.println(table);
        out.flush();
        if (options.out().isEmpty()) {
            return;
        }
        Path file = options.out().get();
        try {
            Path folder = file.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            Files.writeString(file, table);
            Files.writeString(folder.resolve(jsonName(file)), json());
        } catch (IOException e) {
            throw new Problem("the results cannot be written to " + file + ": " + e, "give another --out", e);
        }
    }

    private static String jsonName(Path file) {
        return file.getFileName().toString().replaceAll("\\.md$", "") + ".json";
    }

    private List<Setup> setups() {
        return Arrays.stream(Setup.values())
                .filter(setup -> results.stream().anyMatch(result -> result.setup() == setup))
                .toList();
    }

    private List<Metric> metrics() {
        return Arrays.stream(Metric.values())
                .filter(metric -> results.stream().anyMatch(result -> result.metric() == metric))
                .toList();
    }

    private Optional<Result> find(Setup setup, Metric metric) {
        return results.stream()
                .filter(result -> result.setup() == setup && result.metric() == metric)
                .findFirst();
    }

    /** The mean of the native runs that there are. */
    private OptionalDouble nativeValue(Metric metric) {
        return results.stream()
                .filter(result -> result.setup().isNative() && result.metric() == metric)
                .flatMapToDouble(result -> result.value().stream())
                .average();
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# Benchmark\n\n");
        text.append(
                        "Both nodes of the lab share this machine's processors and its disk. In brackets: the share of native\n")
                .append(
                        "speed, 1 is as fast, 0.5 half as fast, against the mean of the native runs before and after.\n");
        if (options.quick()) {
            text.append("A quick run: it shows that everything works, not how fast it is.\n");
        }
        text.append('\n');
        machine.facts()
                .forEach((key, value) ->
                        text.append("- ").append(key).append(": ").append(value).append('\n'));
        text.append("- workloads: ")
                .append(options.seconds())
                .append(" s each, ")
                .append(options.files())
                .append(" files, a file of ")
                .append(options.fileMebibytes())
                .append(" MiB\n\n| |");
        setups().forEach(setup -> text.append(' ').append(setup.title()).append(" |"));
        text.append(" native drift |\n|---|")
                .append("---:|".repeat(setups().size() + 1))
                .append('\n');
        metrics().forEach(metric -> text.append(row(metric)));
        return text.append(remarks()).toString();
    }

    private String row(Metric metric) {
        StringBuilder row = new StringBuilder("| " + metric.title() + ", " + metric.unit() + " |");
        for (Setup setup : setups()) {
            row.append(' ').append(cell(setup, metric)).append(" |");
        }
        return row.append(' ').append(drift(metric)).append(" |\n").toString();
    }

    private String cell(Setup setup, Metric metric) {
        Optional<Result> result = find(setup, metric);
        if (result.isEmpty()) {
            return "";
        }
        OptionalDouble value = result.get().value();
        if (value.isEmpty()) {
            return result.get().failure().isPresent() ? "**failed**" : "skipped";
        }
        OptionalDouble natively = nativeValue(metric);
        String number = number(value.getAsDouble());
        return setup.isNative() || natively.isEmpty() || !metric.hasRatio()
                ? number
                : String.format(
                        Locale.ROOT, "%s (%.2f)", number, metric.ratio(value.getAsDouble(), natively.getAsDouble()));
    }

    /** Three digits that count. */
    static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    /** How much faster the second native run was than the first. */
    private String drift(Metric metric) {
        OptionalDouble before =
                find(Setup.NATIVE_BEFORE, metric).map(Result::value).orElse(OptionalDouble.empty());
        OptionalDouble after =
                find(Setup.NATIVE_AFTER, metric).map(Result::value).orElse(OptionalDouble.empty());
        if (before.isEmpty() || after.isEmpty()) {
            return "";
        }
        return String.format(
                Locale.ROOT, "%+.0f %%", 100 * (metric.ratio(after.getAsDouble(), before.getAsDouble()) - 1));
    }

    private String remarks() {
        StringBuilder text = new StringBuilder();
        for (Setup setup : setups()) {
            results.stream()
                    .filter(result -> result.setup() == setup)
                    .flatMap(result -> result
                            .failure()
                            .map(why -> "failed: " + why)
                            .or(() -> result.skipped().map(why -> "skipped: " + why))
                            .stream())
                    .distinct()
                    .forEach(why -> text.append("- ")
                            .append(setup.title())
                            .append(", ")
                            .append(why)
                            .append('\n'));
        }
        return text.isEmpty() ? "" : "\n" + text;
    }

    String json() {
        List<Map<String, Object>> cells = new ArrayList<>();
        for (Result result : results) {
            Map<String, Object> cell = new LinkedHashMap<>();
            cell.put("setup", result.setup().id());
            cell.put("metric", result.metric().name());
            cell.put("title", result.metric().title());
            cell.put("unit", result.metric().unit());
            cell.put(
                    "value",
                    result.value().isPresent() ? (Object) result.value().getAsDouble() : null);
            cell.put("failure", result.failure().orElse(null));
            cell.put("skipped", result.skipped().orElse(null));
            cells.add(cell);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", machine.facts());
        all.put("quick", options.quick());
        all.put("seconds", options.seconds());
        all.put("files", options.files());
        all.put("fileMebibytes", options.fileMebibytes());
        all.put("results", cells);
        return new Moshi.Builder()
                        .build()
                        .adapter(Object.class)
                        .indent("  ")
                        .serializeNulls()
                        .toJson(all) + "\n";
    }
}
