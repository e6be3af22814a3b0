package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import io.gemel.protocol.model.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The differential operation tester: several processes do the same seeded operations on a mounted and on a plain
 * directory and compare every answer, and the trees.
 *
 * <p>Leaves {@code w0}, {@code w1}, ... and {@code shared} in the mounted directory, so that they can be compared with
 * the other node's copy.
 */
public final class TortureRun {

    private static final long POLL_MS = 100;
    private static final Duration COPY_END = Duration.ofSeconds(5);

    private final TortureOptions options;
    private final PrintStream out;
    private final List<Thread> copies = new ArrayList<>();

    public TortureRun(TortureOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    /** Runs to the end, to the first difference or to the timeout; true when everything was equal. */
    public boolean run() {
        check();
        prepare();
        out.printf(
                "seed %d, %d workers, %d operations on %s and %s%n",
                options.seed(), options.workers(), options.operations(), options.mounted(), options.plain());
        long began = System.nanoTime();
        List<Process> processes = new ArrayList<>();
        boolean same = false;
        try {
            for (int worker = 0; worker < options.workers(); worker++) {
                processes.add(start(worker));
            }
            same = await(processes, began + options.timeout().toNanos());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            processes.forEach(Process::destroyForcibly);
            endCopies();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        out.printf("%s after %.1f s, seed %d%n", same ? "All equal" : "NOT equal", seconds, options.seed());
        return same;
    }

    private void check() {
        if (options.workers() < 1 || options.workers() > TortureOptions.MOST_WORKERS) {
            throw new Problem(
                    "There can be 1 to " + TortureOptions.MOST_WORKERS + " workers, not " + options.workers(),
                    "Give another --workers");
        }
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new Problem("The tester acts as several users, which only root may", "Run it as root");
        }
    }

    private void prepare() {
        try (Kernel kernel = new Kernel()) {
            for (int worker = 0; worker < options.workers(); worker++) {
                make(kernel, own(options.mounted(), worker));
                make(kernel, own(options.plain(), worker));
            }
            make(kernel, shared());
        }
    }

    private static void make(Kernel kernel, String directory) {
        long result = kernel.mkdir(directory, 0777);
        if (result < 0) {
            throw new Problem(
                    "Cannot make " + directory + ": " + Outcome.text(result),
                    "Give two directories that exist and have nothing left of an earlier run");
        }
        Syscall.call(SyscallNumber.FCHMODAT, Abi.AT_FDCWD, kernel.one(directory), 0777);
    }

    private static String own(Path side, int worker) {
        return side.toAbsolutePath() + "/w" + worker;
    }

    private String shared() {
        return options.mounted().toAbsolutePath() + "/shared";
    }

    private Process start(int worker) throws IOException {
        long share = options.operations() / options.workers();
        WorkerOptions told = new WorkerOptions(
                worker,
                own(options.mounted(), worker),
                own(options.plain(), worker),
                shared(),
                options.seedOf(worker),
                share,
                worker == 0 ? Sabotage.valueOf(options.sabotage()) : Sabotage.NONE);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xmx192m",
                "-cp",
                absolute(System.getProperty("java.class.path")),
                Worker.class.getName()));
        command.addAll(told.arguments());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .directory(Path.of("/").toFile())
                .start();
        copies.add(Thread.ofVirtual().start(() -> copy(worker, process)));
        return process;
    }

    private static String absolute(String classPath) {
        List<String> parts = new ArrayList<>();
        for (String part : classPath.split(":", -1)) {
            parts.add(Path.of(part).toAbsolutePath().toString());
        }
        return String.join(":", parts);
    }

    private void copy(int worker, Process process) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                out.println("w" + worker + ": " + line);
            }
        } catch (IOException e) {
            out.println("w" + worker + ": its output ended: " + e.getMessage());
        }
    }

    private void endCopies() {
        for (Thread copy : copies) {
            try {
                copy.join(COPY_END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean await(List<Process> processes, long deadlineNs) {
        List<Process> running = new ArrayList<>(processes);
        while (!running.isEmpty()) {
            Process process = running.getFirst();
            try {
                if (process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
                    running.removeFirst();
                } else {
                    running.add(running.removeFirst());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
            for (Process each : processes) {
                if (!each.isAlive() && each.exitValue() != 0) {
                    return false;
                }
            }
            if (System.nanoTime() > deadlineNs) {
                out.println("The workers did not end in " + options.timeout());
                return false;
            }
        }
        return true;
    }
}
