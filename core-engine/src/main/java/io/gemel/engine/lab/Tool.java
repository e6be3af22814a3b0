package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the system's own tools ({@code ip}, {@code nft}, {@code nsenter}, ...), each for a bounded time. */
final class Tool {

    /** Longest time that one step of making or removing a lab may take. */
    static final Duration STEP_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(5);

    private Tool() {}

    /** Runs a tool that must succeed; a {@link Problem} names the command and repeats what it said. */
    static String must(List<String> command) {
        ExecResult result = run(command, STEP_TIMEOUT, Map.of());
        if (!result.ok()) {
            throw new Problem(
                    "`" + String.join(" ", command) + "` failed: " + result.whatItSaid(),
                    "run it by hand to see more, then `gemel lab down` to remove what is left");
        }
        return result.out();
    }

    static String must(String... command) {
        return must(List.of(command));
    }

    /** Runs a tool whose failure is an answer too. */
    static ExecResult attempt(String... command) {
        return run(List.of(command), STEP_TIMEOUT, Map.of());
    }

    /**
     * Runs a command to its end and keeps what it wrote. Output goes through files, so that a process that the command
     * leaves behind holds up nobody.
     *
     * @throws Problem when the command cannot be started, or is not done within {@code timeout} (it is killed then)
     */
    static ExecResult run(List<String> command, Duration timeout, Map<String, String> environment) {
        Path out = null;
        Path err = null;
        try {
            out = Files.createTempFile("gemel-lab", ".out");
            err = Files.createTempFile("gemel-lab", ".err");
            // Ctrl-C ends this process in the middle of a command; nothing is to be left then either.
            out.toFile().deleteOnExit();
            err.toFile().deleteOnExit();
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = start(builder);
            if (!waitFor(process, timeout)) {
                killTree(process);
                throw new Problem(
                        "`" + String.join(" ", command) + "` was not done after " + seconds(timeout) + ": "
                                + Files.readString(err).strip(),
                        "look at what it waits for, then try again");
            }
            return new ExecResult(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete(out);
            delete(err);
        }
    }

    /** Runs a command with this process's own input and output. */
    static int passThrough(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        Process process = start(builder);
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            killTree(process);
            Thread.currentThread().interrupt();
            return 130;
        }
    }

    /** Starts a command that outlives the lab's own process. */
    static Process startDetached(List<String> command, Path log) {
        List<String> detached = new ArrayList<>(List.of("setsid"));
        detached.addAll(command);
        return start(new ProcessBuilder(detached)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectErrorStream(true));
    }

    static Process start(ProcessBuilder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new Problem(
                    "`" + builder.command().getFirst() + "` cannot be started: " + e.getMessage(),
                    "install it (Debian: iproute2, util-linux, nftables)",
                    e);
        }
    }

    /** Kills a process and everything that it started; returns when it is gone, or after a bounded time. */
    static void killTree(Process process) {
        List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
        family.add(process.toHandle());
        family.forEach(ProcessHandle::destroyForcibly);
        waitFor(process, KILL_TIMEOUT);
    }

    static boolean waitFor(Process process, Duration timeout) {
        try {
            return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            killTree(process);
            Thread.currentThread().interrupt();
            throw new Problem("interrupted", "run `gemel lab down` to remove what is left", e);
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A left-over temporary file is not worth hiding the result of the command.
        }
    }

    static String seconds(Duration duration) {
        long tenths = duration.toMillis() / 100;
        return tenths % 10 == 0 ? tenths / 10 + " s" : tenths / 10 + "." + tenths % 10 + " s";
    }
}
