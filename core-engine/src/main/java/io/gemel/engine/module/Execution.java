package io.gemel.engine.module;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs one program in a session of its own, so that it can be ended with everything it started, for a bounded time.
 *
 * <p>It ends when the program itself ends: what the program left in the background lives on, but its output is no
 * longer read, and its next write to it fails.
 */
final class Execution {

    static final Duration TERM_GRACE = Duration.ofSeconds(10);
    /** For what is run again and again, and changes nothing. */
    static final Duration SHORT_GRACE = Duration.ofSeconds(1);

    static final int MAX_LINES = 10_000;
    static final int MAX_LINE_BYTES = 4_096;
    private static final int LOOK_MS = 20;
    private static final int DRAIN_MS = 200;
    private static final long REAP_MS = 2_000;
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;

    /** How it ended; {@code exit} means nothing when it was ended. */
    record End(int exit, boolean timedOut, boolean killed) {}

    private final Process process;
    private final Consumer<String> lines;
    private final Duration grace;
    private final byte[] line = new byte[MAX_LINE_BYTES];
    private int lineBytes;
    private int lineCount;

    private Execution(Process process, Duration grace, Consumer<String> lines) {
        this.process = process;
        this.grace = grace;
        this.lines = lines;
    }

    /**
     * Runs a program to its end or to the end of its time.
     *
     * @param grace how long it may take to heed TERM when its time is over, before it is killed
     * @param lines gets each line of its output, from this thread
     * @throws IOException when it cannot be started
     * @throws InterruptedException when this thread is interrupted; the program was ended
     */
    static End run(
            List<String> command,
            Path directory,
            Map<String, String> variables,
            Duration timeout,
            Duration grace,
            Consumer<String> lines)
            throws IOException, InterruptedException {
        // setsid(1) does not fork here, for a child of Java leads no process group: its process id is the group's.
        List<String> inSession = new ArrayList<>(List.of("setsid"));
        inSession.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(inSession)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().remove("NOTIFY_SOCKET"); // for the engine alone
        builder.environment().putAll(variables);
        Process process = builder.start();
        Execution execution = new Execution(process, grace, lines);
        boolean ended = false;
        try {
            End end = execution.follow(timeout);
            ended = true;
            return end;
        } finally {
            if (!ended) {
                execution.signal(SIGKILL);
            }
            process.getInputStream().close();
        }
    }

    /** As the other, with {@link #TERM_GRACE}. */
    static End run(
            List<String> command,
            Path directory,
            Map<String, String> variables,
            Duration timeout,
            Consumer<String> lines)
            throws IOException, InterruptedException {
        return run(command, directory, variables, timeout, TERM_GRACE, lines);
    }

    private End follow(Duration timeout) throws IOException, InterruptedException {
        boolean timedOut = !readUntilExit(timeout);
        boolean killed = false;
        if (timedOut) {
            signal(SIGTERM);
            killed = !readUntilExit(grace);
            // Also when the program heeded TERM: what it started may not have.
            signal(SIGKILL);
            process.waitFor(REAP_MS, TimeUnit.MILLISECONDS);
        }
        drain();
        flushLine();
        return new End(process.isAlive() ? -1 : process.exitValue(), timedOut, killed);
    }

    private void signal(int number) {
        Syscall.call(SyscallNumber.KILL, -process.pid(), number);
    }

    private boolean readUntilExit(Duration timeout) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() < deadlineNs) {
            // Never a blocking read: a program left in the background may keep the pipe open for ever.
            if (!readAvailable() && process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return !process.isAlive();
    }

    private void drain() throws IOException {
        long deadlineNs = System.nanoTime() + DRAIN_MS * 1_000_000L;
        while (System.nanoTime() < deadlineNs && readAvailable()) {
            Thread.onSpinWait();
        }
    }

    private boolean readAvailable() throws IOException {
        InputStream in = process.getInputStream();
        int available = in.available();
        if (available <= 0) {
            return false;
        }
        for (byte next : in.readNBytes(available)) {
            if (next == '\n') {
                flushLine();
            } else if (lineBytes < line.length) {
                line[lineBytes++] = next;
            }
        }
        return true;
    }

    private void flushLine() {
        if (lineBytes == 0) {
            return;
        }
        lineCount++;
        if (lineCount <= MAX_LINES) {
            lines.accept(new String(line, 0, lineBytes, StandardCharsets.UTF_8).stripTrailing());
        } else if (lineCount == MAX_LINES + 1) {
            lines.accept("(more than " + MAX_LINES + " lines; the rest is not shown)");
        }
        lineBytes = 0;
    }
}
