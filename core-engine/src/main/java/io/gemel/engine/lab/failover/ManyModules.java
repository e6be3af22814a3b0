package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Many modules on one cluster, half of them primary on each node, each with its address and an application that writes. One
 * node is killed: the other serves them all.
 */
public final class ManyModules {

    private static final Duration COMMANDS = Duration.ofMinutes(5);
    private static final Duration READY = Duration.ofMinutes(5);
    private static final long LOAD_MS = 10_000;
    private static final int FIRST_ADDRESS = 100;

    private static final String START = """
            #!/bin/bash
            set -eu
            setsid bash "$GEMEL_MODULE_DIR/bin/writer" "$GEMEL_DIRECTORIES" "/var/lib/gemel/told-$GEMEL_MODULE" \\
                >/dev/null 2>&1 </dev/null &
            echo $! >"/run/gemel/writer-$GEMEL_MODULE.pid"
            """;

    private static final String STOP = """
            #!/bin/bash
            pid=$(cat "/run/gemel/writer-$GEMEL_MODULE.pid" 2>/dev/null) || exit 0
            kill -KILL "$pid" 2>/dev/null
            while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
            rm -f "/run/gemel/writer-$GEMEL_MODULE.pid"
            """;

    /** Appends the next number ten times a second, and beside it, on this node's own disk, what was written; forks nothing. */
    private static final String WRITER = """
            exec {idle}<> <(:)
            i=0
            [ ! -e "$1/log" ] || i=$(wc -l <"$1/log")
            while i=$((i + 1)) && echo "$i" >>"$1/log"; do
                echo "$i" >>"$2"
                read -r -t 0.1 -u "$idle" || true
            done
            """;

    /** What an engine takes; proc(5). */
    private static final String ENGINE = """
            pid=$(cat /run/gemel/engine.pid)
            awk '/^VmRSS/ { r = $2 } /^VmHWM/ { m = $2 } /^Threads/ { t = $2 } END { printf "%d %d %d ", r, m, t }' /proc/$pid/status
            ls /proc/$pid/fd | wc -l
            """;

    /**
     * An engine at one moment.
     *
     * @param residentKib memory that it has in RAM
     * @param mostKib the most that it had
     */
    private record Engine(long residentKib, long mostKib, long threads, long descriptors) {
        String sentence() {
            return String.format(
                    Locale.ROOT,
                    "%d MiB resident (most %d), %d threads, %d descriptors",
                    residentKib / 1024,
                    mostKib / 1024,
                    threads,
                    descriptors);
        }
    }

    private final LabOptions options;
    private final List<String> modules;
    private final int runs;
    private final PrintWriter out;

    /**
     * @param options the lab
     * @param count how many modules
     * @param runs how often a node is killed
     * @param out where it tells what it saw
     */
    public ManyModules(LabOptions options, int count, int runs, PrintWriter out) {
        this.options = options;
        this.modules = IntStream.rangeClosed(1, count)
                .mapToObj(number -> String.format(Locale.ROOT, "m%02d", number))
                .toList();
        this.runs = runs;
        this.out = out;
    }

    /** Runs; whether the survivor served all each time, with everything that was written. */
    public boolean run() {
        boolean good = true;
        try (TrialLab up = TrialLab.up(options.name(), this::prepare)) {
            Lab lab = up.lab();
            say(modules.size() + " modules; engines that serve nothing: n1 "
                    + engine(lab, "n1").sentence() + "; n2 " + engine(lab, "n2").sentence());
            command(lab, "n1", "prim", of("n1"));
            command(lab, "n2", "prim", of("n2"));
            command(lab, "n1", "second", of("n2"));
            command(lab, "n2", "second", of("n1"));
            for (int run = 1; run <= runs; run++) {
                awaitSpread(lab);
                good &= kill(lab, run);
                lab.start("n1");
                of("n1").forEach(module -> await(lab, "n1", module, State.SECOND));
                good &= nothingLost(lab);
                command(lab, "n2", "swap", of("n1"));
            }
        }
        return good;
    }

    private LabOptions prepare(Path work) {
        List<Path> folders = new ArrayList<>();
        try {
            for (int i = 0; i < modules.size(); i++) {
                Path folder = Files.createDirectories(work.resolve(modules.get(i)));
                Files.writeString(folder.resolve("module.toml"), toml(modules.get(i), FIRST_ADDRESS + i));
                Path bin = Files.createDirectories(folder.resolve("bin"));
                Files.writeString(bin.resolve("writer"), WRITER);
                executable(bin.resolve("start_prim"), START);
                executable(bin.resolve("stop_prim"), STOP);
                folders.add(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return options.withModules(folders);
    }

    private static String toml(String module, int address) {
        return """
            [module]
            mode = "mirror"

            [replication]
            directories = ["/srv/%s"]

            [[virtual_ip]]
            address = "10.77.0.%d/24"
            """.formatted(module, address);
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        if (!file.toFile().setExecutable(true, false)) {
            throw new IOException(file + " cannot be made executable");
        }
    }

    /** The modules that are at home on a node. */
    private List<String> of(String node) {
        int parity = node.equals("n1") ? 0 : 1;
        return IntStream.range(0, modules.size())
                .filter(i -> i % 2 == parity)
                .mapToObj(modules::get)
                .toList();
    }

    private static void command(Lab lab, String node, String verb, List<String> which) {
        String script = "for module in " + String.join(" ", which) + "; do gemel " + verb + " $module || exit 1; done";
        ExecResult result = lab.exec(COMMANDS, node, List.of("bash", "-c", script));
        if (!result.ok()) {
            throw new Problem(
                    "gemel " + verb + " on " + node + ": " + result.whatItSaid(),
                    "gemel lab state --name " + lab.name());
        }
    }

    private void awaitSpread(Lab lab) {
        for (String node : List.of("n1", "n2")) {
            of(node).forEach(module -> await(lab, node, module, State.PRIM));
            of(node.equals("n1") ? "n2" : "n1").forEach(module -> await(lab, node, module, State.SECOND));
        }
    }

    private static void await(Lab lab, String node, String module, State state) {
        if (!Deadline.in(READY).await(() -> is(lab, node, module, state))) {
            throw new Problem(
                    node + " did not become " + state + " READY of " + module, "gemel lab state --name " + lab.name());
        }
    }

    private static boolean is(Lab lab, String node, String module, State state) {
        return lab.engineSays(node, module, node)
                .filter(each -> each.state() == state && each.readiness() == Readiness.READY)
                .isPresent();
    }

    private boolean kill(Lab lab, int run) {
        Deadline.pause(LOAD_MS);
        Engine before = engine(lab, "n2");
        long killedMs = System.currentTimeMillis();
        lab.kill("n1");
        modules.forEach(module -> await(lab, "n2", module, State.ALONE));
        Engine after = engine(lab, "n2");
        long addresses = modules.stream()
                .filter(module -> lab.engineSays("n2", module, "n2")
                        .map(NodeState::virtualIps)
                        .filter(held -> !held.isEmpty())
                        .isPresent())
                .count();
        Waits noticed = waits(lab, of("n1"), "becoming primary", killedMs);
        Waits served = waits(lab, of("n1"), ": ALONE READY: ", killedMs);
        Waits alone = waits(lab, of("n2"), ": ALONE READY: ", killedMs);
        say(String.format(
                Locale.ROOT,
                "run %d: n1 killed; %d taken over: noticed after %.2f (%.2f to %.2f) s, served after %.2f (%.2f to %.2f) s; the %d"
                        + " others went on alone after %.2f (%.2f to %.2f) s; %d of %d addresses on n2",
                run,
                of("n1").size(),
                noticed.median() / 1e3,
                noticed.least() / 1e3,
                noticed.most() / 1e3,
                served.median() / 1e3,
                served.least() / 1e3,
                served.most() / 1e3,
                of("n2").size(),
                alone.median() / 1e3,
                alone.least() / 1e3,
                alone.most() / 1e3,
                addresses,
                modules.size()));
        say("  the engine of n2 before: " + before.sentence() + "; with all " + modules.size() + ": "
                + after.sentence());
        return addresses == modules.size();
    }

    private static Waits waits(Lab lab, List<String> which, String text, long afterMs) {
        try {
            List<String> lines = Files.readAllLines(lab.engineLog("n2"));
            return new Waits(which.stream()
                    .map(module -> firstMs(lines, "gemel.module." + module + ":", text, afterMs) - afterMs)
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long firstMs(List<String> lines, String module, String text, long afterMs) {
        return lines.stream()
                .filter(line -> line.contains(module) && line.contains(text))
                .mapToLong(line -> OffsetDateTime.parse(line.substring(0, line.indexOf(' ')))
                        .toInstant()
                        .toEpochMilli())
                .filter(ms -> ms >= afterMs)
                .min()
                .orElseThrow(() -> new Problem("\"" + text + "\" of " + module + " is not in the log", "read it"));
    }

    /** What n1's writers were told is on n2, in order. */
    private boolean nothingLost(Lab lab) {
        boolean good = true;
        for (String module : modules) {
            String told = lab.exec(
                            "n1", "bash", "-c", "tail -n 1 /var/lib/gemel/told-" + module + " 2>/dev/null; exit 0")
                    .out()
                    .strip();
            List<String> log = lab.exec("n2", "cat", "/srv/" + module + "/log")
                    .out()
                    .lines()
                    .toList();
            boolean inOrder =
                    IntStream.range(0, log.size()).allMatch(i -> log.get(i).equals(Integer.toString(i + 1)));
            if (!inOrder || (!told.isEmpty() && Integer.parseInt(told) > log.size())) {
                say("LOST in " + module + ": " + told + " written, " + log.size() + " there, in order: " + inOrder);
                good = false;
            }
        }
        return good;
    }

    private static Engine engine(Lab lab, String node) {
        ExecResult result = lab.exec(node, "bash", "-c", ENGINE);
        String[] numbers = result.out().strip().split("\\s+", -1);
        if (!result.ok() || numbers.length != 4) {
            throw new Problem("the engine of " + node + " cannot be looked at: " + result.whatItSaid(), "gemel state");
        }
        return new Engine(
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                Long.parseLong(numbers[2]),
                Long.parseLong(numbers[3]));
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
