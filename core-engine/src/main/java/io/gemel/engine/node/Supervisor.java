package io.gemel.engine.node;

import io.gemel.engine.os.ForeignDescriptors;
import io.gemel.protocol.model.Problem;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that started this one and holds what must outlive it: devices of mounts and the directories that they cover.
 * Lines go both ways through pipes; what they mean stands in {@code src/main/supervisor/supervise}.
 */
final class Supervisor {

    /** Environment variable: what this process is, both pipes' numbers, the parent. */
    static final String ENVIRONMENT = "GEMEL_SUPERVISOR";

    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
    private static final String ENGINE = "engine";

    private final long process;
    private volatile boolean standby;
    private final OutputStream asks;
    private final BufferedReader answers;
    private volatile boolean gone;

    private Supervisor(long process, boolean standby, OutputStream asks, BufferedReader answers) {
        this.process = process;
        this.standby = standby;
        this.asks = asks;
        this.answers = answers;
        Thread.ofPlatform().daemon().name("supervisor").start(this::awaitEnd);
    }

    private void awaitEnd() {
        ProcessHandle.of(process).ifPresent(handle -> handle.onExit().join());
        gone = true;
        if (standby) {
            Runtime.getRuntime().halt(1);
        }
        LOG.error("the supervisor of this engine ended: what the engine holds from now on ends with it");
    }

    /** Whether it can hold anything. */
    boolean isThere() {
        return !gone;
    }

    /** The one that started this process; nothing when a person or a test did. */
    static Optional<Supervisor> ofEnvironment() {
        String[] words = System.getenv().getOrDefault(ENVIRONMENT, "").split(" ", -1);
        if (words.length != 4) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Supervisor(
                    Long.parseLong(words[3]),
                    !words[0].equals(ENGINE),
                    new FileOutputStream("/proc/self/fd/" + words[1]),
                    new BufferedReader(new InputStreamReader(
                            new FileInputStream("/proc/self/fd/" + words[2]), StandardCharsets.UTF_8))));
        } catch (IOException e) {
            LOG.warn("the supervisor cannot be reached, so what this engine holds ends with it: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** Its process. */
    long process() {
        return process;
    }

    /** Whether this process is to wait until it is needed, see {@link #awaitGo}. */
    boolean isStandby() {
        return standby;
    }

    /** Tells something that wants no answer. */
    void tell(String line) {
        if (gone) {
            return; // Nobody empties the pipe.
        }
        String whole = ProcessHandle.current().pid() + " " + line + " .\n";
        try {
            // One write: lines of several processes do not mix.
            asks.write(whole.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.error("the supervisor was not told \"{}\": {}", line, e.getMessage());
        }
    }

    /** Returns when this process is the engine. */
    void awaitGo() throws IOException {
        String line = answers.readLine();
        if (!"go".equals(line)) {
            throw new IOException("the supervisor said \"" + line + "\" instead of go");
        }
        standby = false;
    }

    private synchronized List<Integer> ask(String line) {
        if (gone) {
            throw new Problem("the supervisor is not there any more", "systemctl restart gemel");
        }
        tell(line);
        try {
            String answer = answers.readLine();
            if (answer == null || answer.startsWith("failed")) {
                throw new Problem(
                        "the supervisor cannot do \"" + line + "\": " + answer,
                        "see that the engine runs as root and that /dev/fuse is there (modprobe fuse)");
            }
            return Arrays.stream(answer.split(" ", -1))
                    .skip(1)
                    .map(Integer::valueOf)
                    .toList();
        } catch (IOException | NumberFormatException e) {
            throw new Problem("the supervisor does not answer: " + e.getMessage(), "systemctl restart gemel", e);
        }
    }

    /** Opens devices, bound to nothing; their numbers there. */
    List<Integer> devices(int count) {
        return ask("devices " + count);
    }

    /** Opens a directory; its number there. */
    int directory(String path) {
        if (path.indexOf('\n') >= 0) {
            throw new Problem("a directory whose name has a line end cannot be held", "rename it");
        }
        return ask("directory " + path).getFirst();
    }

    /** Closes descriptors there; returns when they are closed. */
    void drop(Collection<Integer> numbers) {
        ask("drop " + words(numbers));
    }

    /** Closes all descriptors there but these. */
    void keepOnly(Collection<Integer> numbers) {
        ask("keep " + words(numbers));
    }

    private static String words(Collection<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    /** Descriptors of this process for what the supervisor has open. */
    List<Integer> take(List<Integer> numbers) {
        try (ForeignDescriptors its = ForeignDescriptors.of(process)) {
            return numbers.stream().map(its::take).toList();
        } catch (IllegalStateException e) {
            throw new Problem(
                    "what the supervisor holds cannot be had: " + e.getMessage(),
                    "let the engine have the capability SYS_PTRACE",
                    e);
        }
    }
}
