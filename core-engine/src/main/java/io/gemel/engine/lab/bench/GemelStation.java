package io.gemel.engine.lab.bench;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.locks.LockSupport;

/** A lab of two nodes with one module for each way of {@code sync}, taken one at a time. */
final class GemelStation implements AutoCloseable {

    static final String PRIMARY = "n1";
    static final String SECOND = "n2";

    private static final Duration VERB = Duration.ofMinutes(2);
    private static final Duration READY = Duration.ofMinutes(30);
    private static final Duration STEP = Duration.ofSeconds(30);
    /** Most questions in as long as has passed already: how exact a long wait is. */
    private static final int POLLS = 20;

    private static final long POLL_NS = 200_000_000L;

    /** Most memory that any engine of the node has had resident, in KiB. */
    private static final String MEMORY = """
            most=0
            for process in /proc/[0-9]*; do
              grep -qz io.gemel.engine "$process/cmdline" 2> /dev/null || continue
              peak=$(awk '/^VmHWM/ { print $2 }' "$process/status" 2> /dev/null) || continue
              ((${peak:-0} > most)) && most=$peak
            done
            echo "$most"
            """;

    private final Lab lab;

    private GemelStation(Lab lab) {
        this.lab = lab;
    }

    /** Makes the lab; {@code engines} false makes the nodes alone. */
    static GemelStation up(String name, boolean encrypted, boolean engines) {
        Path work = null;
        try {
            work = Files.createTempDirectory("gemel-bench");
            List<Path> modules = new ArrayList<>();
            for (String sync : engines ? List.of("write", "fsync") : List.<String>of()) {
                Path folder = Files.createDirectories(work.resolve(module(sync)).resolve("bin"));
                Files.writeString(folder.resolveSibling("module.toml"), moduleToml(sync));
                modules.add(folder.getParent());
            }
            Lab lab = Lab.up(LabOptions.standard()
                    .withName(name)
                    .withEncryption(encrypted)
                    .withEngine(engines)
                    .withModules(modules));
            GemelStation station = new GemelStation(lab);
            station.makeDirectories();
            return station;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            remove(work);
        }
    }

    private static String moduleToml(String sync) {
        return """
            [module]
            mode = "mirror"

            [replication]
            directories = ["%s"]
            sync = "%s"
            """.formatted(directory(sync), sync);
    }

    private static String module(String sync) {
        return "bench-" + sync;
    }

    private static String directory(String sync) {
        return "/srv/" + module(sync);
    }

    private void makeDirectories() {
        for (String node : List.of(PRIMARY, SECOND)) {
            must(lab.exec(node, "mkdir", "-p", directory("write"), directory("fsync"), "/srv/native"));
        }
    }

    Lab lab() {
        return lab;
    }

    Place nativePlace() {
        return new Place(lab, PRIMARY, "/srv/native");
    }

    /** Where a module's directory is served. */
    Place place(String sync) {
        return new Place(lab, PRIMARY, directory(sync));
    }

    void alone(String sync) {
        gemel(PRIMARY, "prim", module(sync));
        await(sync, PRIMARY, "ALONE");
    }

    void mirrored(String sync) {
        if (!stateOf(sync, PRIMARY).startsWith("ALONE")) {
            gemel(PRIMARY, "prim", module(sync));
        }
        gemel(SECOND, "second", module(sync));
        await(sync, PRIMARY, "PRIM");
        await(sync, SECOND, "SECOND");
    }

    /** Makes a node the second; does not wait for it. */
    void begin(String node, String sync, String... options) {
        List<String> command = new ArrayList<>(List.of("gemel", "second", module(sync)));
        command.addAll(List.of(options));
        must(lab.exec(VERB, node, command));
    }

    /** Stops a module on one node. */
    void leave(String node, String sync) {
        gemel(node, "stop", module(sync));
    }

    /** Bytes that a node has sent over its link, as far as it stands. */
    double bytesSent(String sync, String node) {
        return nodeOf(sync, node)
                .map(found -> (double) found.link().bytesSent())
                .orElse(0.0);
    }

    void stop(String sync) {
        gemel(SECOND, "stop", module(sync));
        gemel(PRIMARY, "stop", module(sync));
    }

    /** Most resident memory of a node's engine so far, in MiB; empty when there is no engine. */
    OptionalDouble memoryMebibytes(String node) {
        ExecResult result = lab.exec(STEP, node, List.of("bash", "-c", MEMORY));
        double kibibytes = result.ok() ? Double.parseDouble(result.out().strip()) : 0;
        return kibibytes > 0 ? OptionalDouble.of(kibibytes / 1024) : OptionalDouble.empty();
    }

    private void gemel(String node, String verb, String module) {
        must(lab.exec(VERB, node, List.of("gemel", verb, module)));
    }

    void await(String sync, String node, String state) {
        long began = System.nanoTime();
        long deadline = began + READY.toNanos();
        String wanted = state + " READY";
        String last = stateOf(sync, node);
        while (!last.equals(wanted)) {
            if (System.nanoTime() > deadline) {
                throw new Problem(
                        "module " + module(sync) + " on " + node + " did not become " + wanted + " but is " + last,
                        "look at the engine's log, " + lab.engineLog(node));
            }
            // Each question takes the processor from what is measured.
            LockSupport.parkNanos(Math.max(POLL_NS, (System.nanoTime() - began) / POLLS));
            last = stateOf(sync, node);
        }
    }

    /** State and readiness of a module on a node, as the node itself says. */
    private String stateOf(String sync, String node) {
        return nodeOf(sync, node)
                .map(found -> found.state() + " " + found.readiness())
                .orElse("not listed");
    }

    /** What a node says of itself and a module. */
    private Optional<NodeState> nodeOf(String sync, String node) {
        return lab.engineSays(node, module(sync), node);
    }

    private static void must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem("a step of the benchmark failed: " + result.whatItSaid(), "gemel lab state");
        }
    }

    private static void remove(Path work) {
        if (work == null) {
            return;
        }
        try (var paths = Files.walk(work)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What every setup of this station has to say of its engines. */
    Map<Metric, OptionalDouble> memory() {
        return Map.of(Metric.MEMORY_PRIMARY, memoryMebibytes(PRIMARY), Metric.MEMORY_SECOND, memoryMebibytes(SECOND));
    }

    @Override
    public void close() {
        lab.down();
    }
}
