package io.gemel.engine.module;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the scripts in a module's {@code bin/}; their output goes to the logger {@code gemel.module.NAME}. */
public final class Script {

    /** The scripts that a module may have; the file is called as the constant, in lower case. */
    public enum Name {
        PRESTART,
        START_PRIM,
        STOP_PRIM,
        START_SECOND,
        STOP_SECOND,
        START_BOTH,
        STOP_BOTH,
        TRANSITION,
        POSTSTOP;

        /** The file's name in {@code bin/}. */
        public String file() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How a script ended. */
    public sealed interface Result {

        /** Whether the module may go on: it ended with 0, or there is none. */
        default boolean good() {
            return this instanceof NotThere || (this instanceof Finished finished && finished.exit() == 0);
        }

        /** What happened, for people. */
        String sentence();
    }

    /** It ended by itself. {@code lastLine} of its output says most about a failure; may be empty. */
    public record Finished(Name name, int exit, long tookMs, String lastLine) implements Result {
        @Override
        public String sentence() {
            return exit == 0
                    ? name.file() + " ended well after " + tookMs + " ms"
                    : name.file() + " failed with exit code " + exit + (lastLine.isEmpty() ? "" : ": " + lastLine);
        }
    }

    /** It was ended, with everything it had started. {@code killed}: it did not heed TERM. */
    public record TimedOut(Name name, Duration timeout, boolean killed) implements Result {
        @Override
        public String sentence() {
            return name.file() + " was not done after " + timeout.toSeconds() + " s and was "
                    + (killed ? "killed" : "ended");
        }
    }

    /** The module has no such script. */
    public record NotThere(Name name) implements Result {
        @Override
        public String sentence() {
            return "there is no script " + name.file();
        }
    }

    /** It could not be started. */
    public record CannotRun(Name name, String reason) implements Result {
        @Override
        public String sentence() {
            return name.file() + " cannot be run: " + reason;
        }
    }

    private final ModuleConfig module;
    private final String node;
    private final Logger log;

    /**
     * @param module whose scripts
     * @param node this node's name
     */
    public Script(ModuleConfig module, String node) {
        this.module = module;
        this.node = node;
        this.log = LoggerFactory.getLogger("gemel.module." + module.name());
    }

    /**
     * Runs a script to its end, at most for the module's timeout and {@link Execution#TERM_GRACE}. Blocks; throws
     * nothing. An interrupt ends the script and stays set.
     *
     * @param state the word of the state that the module is in or enters
     */
    public Result run(Name name, String state) {
        Path file = module.bin().resolve(name.file());
        if (!Files.exists(file)) {
            return new NotThere(name);
        }
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            return new CannotRun(name, "it is not an executable file; chmod +x " + file);
        }
        log.info("{} begins", name.file());
        Result result = execute(name, file, state);
        if (result.good()) {
            log.info("{}", result.sentence());
        } else {
            log.warn("{}", result.sentence());
        }
        return result;
    }

    private Result execute(Name name, Path file, String state) {
        String[] last = {""};
        long startNs = System.nanoTime();
        try {
            Execution.End end = Execution.run(
                    List.of(file.toAbsolutePath().toString()),
                    module.folder(),
                    variables(state),
                    module.scriptTimeout(),
                    line -> {
                        last[0] = line;
                        log.info("{}: {}", name.file(), line);
                    });
            long tookMs = (System.nanoTime() - startNs) / 1_000_000;
            return end.timedOut()
                    ? new TimedOut(name, module.scriptTimeout(), end.killed())
                    : new Finished(name, end.exit(), tookMs, last[0]);
        } catch (IOException e) {
            return new CannotRun(name, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new CannotRun(name, "the engine is stopping");
        }
    }

    private Map<String, String> variables(String state) {
        List<String> hosts = module.virtualIps().stream().map(VirtualIp::host).toList();
        Map<String, String> variables = new HashMap<>();
        variables.put("GEMEL_MODULE", module.name());
        variables.put("GEMEL_MODULE_DIR", module.folder().toAbsolutePath().toString());
        variables.put("GEMEL_NODE", node);
        variables.put("GEMEL_STATE", state);
        variables.put("GEMEL_VIRTUAL_IP", hosts.isEmpty() ? "" : hosts.getFirst());
        variables.put("GEMEL_VIRTUAL_IPS", String.join(" ", hosts));
        variables.put(
                "GEMEL_DIRECTORIES",
                String.join(
                        ":",
                        module.replication().directories().stream()
                                .map(Path::toString)
                                .toList()));
        variables.put("GEMEL_SERVICES", String.join(" ", module.services()));
        return variables;
    }
}
