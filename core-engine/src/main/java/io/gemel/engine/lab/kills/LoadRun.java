package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The load of one epoch, running in a node, seen from outside. */
final class LoadRun {

    private static final long START_MS = 30_000;
    private static final long END_MS = 60_000;

    final int epoch;
    final String node;
    private final Path logs;
    private final Path output;
    private final Process process;

    LoadRun(Cluster cluster, Path logs, int epoch, String node, long seed) throws IOException {
        this.epoch = epoch;
        this.node = node;
        this.logs = logs;
        this.output = logs.resolve(epoch + ".out");
        Files.deleteIfExists(logs.resolve(Load.STOP));
        process = cluster.lab
                .process(node, Cluster.program(Load.class, logs, epoch, seed, Cluster.LOAD_PID))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /** Whether every worker has done something; false when that did not come. */
    boolean awaitRunning() {
        return Deadline.in(Duration.ofMillis(START_MS)).await(() -> !process.isAlive() || allBegan())
                && process.isAlive();
    }

    private boolean allBegan() {
        try {
            List<Path> workers = workers();
            for (Path log : workers) {
                if (LoadLog.read(log).size() < 3) {
                    return false;
                }
            }
            return workers.size() == Load.SLOT_FILES.size() + Load.NAME_WORKERS + 1;
        } catch (IOException e) {
            return false;
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** Asks it to end; false when it hung and was killed. */
    boolean stop() throws IOException, InterruptedException {
        Files.writeString(logs.resolve(Load.STOP), "");
        return awaitEnd();
    }

    /** Waits for the end of a load whose file system is gone; false when it hung and was killed. */
    boolean awaitEnd() throws InterruptedException {
        boolean ended = process.waitFor(END_MS, TimeUnit.MILLISECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        return ended;
    }

    /** What the workers were refused. */
    List<String> failures() throws IOException {
        List<String> failures = new ArrayList<>();
        for (Path log : workers()) {
            String failure = LoadLog.failure(log);
            if (!failure.isEmpty()) {
                failures.add(log.getFileName() + ": " + failure);
            }
        }
        return failures;
    }

    /** Operations that returned. */
    long acknowledged() throws IOException {
        long count = 0;
        for (Path log : workers()) {
            count += LoadLog.read(log).stream().filter(LoadLog.Entry::done).count();
        }
        return count;
    }

    String output() throws IOException {
        return Files.readString(output).strip();
    }

    private List<Path> workers() throws IOException {
        try (Stream<Path> files = Files.list(logs)) {
            return files.filter(file -> file.getFileName().toString().matches(epoch + "-.*\\.log"))
                    .sorted()
                    .toList();
        }
    }
}
