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

    /**
     * What a checker's script found.
     *
     * @param exit its code, or one of the constants
     * @param says the last line of its output, or what was wrong with it
     */
    public record Check(int exit, String says) {
        /** It was not done in time. */
        public static final int TIMED_OUT = -1;

        /** It could not be run. */
        public static final int CANNOT_RUN = -2;
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
        return run(name, state, "");
    }

    /**
     * As {@link #run(Name, String)}.
     *
     * @param formerState the word of the state before; may be empty
     */
    public Result run(Name name, String state, String formerState) {
        Path file = module.bin().resolve(name.file());
        if (!Files.exists(file)) {
            return new NotThere(name);
        }
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            return new CannotRun(name, "it is not an executable file; chmod +x " + file);
        }
        log.info("{} begins", name.file());
        Result result = execute(name, file, variables(state, formerState));
        if (result.good()) {
            log.info("{}", result.sentence());
        } else {
            log.warn("{}", result.sentence());
        }
        return result;
    }

    /**
     * Runs a checker's script in {@code bin/}. Blocks, throws nothing; an interrupt ends the script and stays set. Its output
     * goes into no log: it is run again and again.
     */
    public Check check(String name, Duration timeout) {
        Path file = module.bin().resolve(name);
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            return new Check(Check.CANNOT_RUN, "there is no executable " + file);
        }
        String[] last = {""};
        try {
            Execution.End end = Execution.run(
                    List.of(file.toAbsolutePath().toString()),
                    module.folder(),
                    variables("", ""),
                    timeout,
                    Execution.SHORT_GRACE,
                    line -> last[0] = line);
            return end.timedOut()
                    ? new Check(Check.TIMED_OUT, name + " was not done after " + timeout.toMillis() + " ms")
                    : new Check(end.exit(), last[0].isEmpty() ? name + " ended with code " + end.exit() : last[0]);
        } catch (IOException e) {
            return new Check(Check.CANNOT_RUN, name + " cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Check(Check.CANNOT_RUN, name + " was ended");
        }
    }

    private Result execute(Name name, Path file, Map<String, String> variables) {
        String[] last = {""};
        long startNs = System.nanoTime();
        try {
            Execution.End end = Execution.run(
                    List.of(file.toAbsolutePath().toString()),
                    module.folder(),
                    variables,
                    module.scriptTimeout(),
                    Execution.TERM_GRACE,
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

    /** What a script finds in its environment. */
    Map<String, String> variables(String state, String formerState) {
        List<String> hosts = module.virtualIps().stream().map(VirtualIp::host).toList();
        Map<String, String> variables = new HashMap<>();
        variables.put("GEMEL_MODULE", module.name());
        variables.put("GEMEL_MODULE_DIR", module.folder().toAbsolutePath().toString());
        variables.put("GEMEL_NODE", node);
        variables.put("GEMEL_STATE", state);
        variables.put("GEMEL_FORMER_STATE", formerState);
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
