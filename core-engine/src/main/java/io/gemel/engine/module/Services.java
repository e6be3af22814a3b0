package io.gemel.engine.module;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The services of a module: Gemel alone starts and stops them. They are systemd units where systemd runs this machine, and
 * scripts of {@code /etc/init.d} where it does not. Calls block, each for the timeout at most.
 */
public final class Services {

    /** Exists exactly when systemd runs this machine; see sd_booted(3). */
    private static final Path BOOTED = Path.of("/run/systemd/system");

    private static final Path INIT_SCRIPTS = Path.of("/etc/init.d");

    private final List<String> units;
    private final Duration timeout;
    private final Path booted;
    private final Path initScripts;
    private final String systemctl;
    private final Logger log;

    /** The units of a module. */
    public Services(ModuleConfig module) {
        this(module, BOOTED, "systemctl", INIT_SCRIPTS);
    }

    Services(ModuleConfig module, Path booted, String systemctl, Path initScripts) {
        this.units = module.services();
        this.timeout = module.scriptTimeout();
        this.booted = booted;
        this.initScripts = initScripts;
        this.systemctl = systemctl;
        this.log = LoggerFactory.getLogger("gemel.module." + module.name());
    }

    /**
     * Sees to it that systemd does not start the units by itself when the machine starts. Without systemd that is left to
     * whoever starts the machine's services.
     *
     * @throws Problem when systemd refuses
     */
    public void disableOnBoot() {
        if (Files.isDirectory(booted)) {
            for (String unit : units) {
                call("disable", unit);
            }
        }
    }

    /**
     * Starts the units in order; one that runs is fine.
     *
     * @throws Problem for the first that does not start; the later ones are not tried
     */
    public void start() {
        for (String unit : units) {
            call("start", unit);
        }
    }

    /**
     * Stops the units in reverse order; all are tried.
     *
     * @throws Problem for the first that could not be stopped
     */
    public void stop() {
        Problem first = null;
        for (String unit : units.reversed()) {
            try {
                call("stop", unit);
            } catch (Problem problem) {
                log.warn("{}", problem.what());
                first = first == null ? problem : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private List<String> command(String verb, String unit) {
        if (Files.isDirectory(booted)) {
            return List.of(systemctl, verb, unit);
        }
        Path script = initScripts.resolve(unit.replaceFirst("\\.service$", ""));
        if (Files.isExecutable(script)) {
            return List.of(script.toString(), verb);
        }
        throw new Problem(
                "the service " + unit + " cannot be reached: systemd does not run on this machine, and there is no "
                        + script,
                "take services out of module.toml and start the application in bin/start_prim");
    }

    private void call(String verb, String unit) {
        List<String> command = command(verb, unit);
        boolean bySystemd = command.getFirst().equals(systemctl);
        String words = bySystemd ? "systemctl " + verb + " " + unit : String.join(" ", command);
        String[] last = {""};
        String next = bySystemd
                ? "look at: systemctl status " + unit + "; journalctl -u " + unit
                : "try it by hand: " + words;
        Execution.End end;
        try {
            end = Execution.run(command, Path.of("/"), Map.of(), timeout, line -> {
                last[0] = line;
                log.info("{}: {}", words, line);
            });
        } catch (IOException e) {
            throw new Problem(words + " cannot be run: " + e.getMessage(), next, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(words + " was interrupted: the engine is stopping", next, e);
        }
        if (end.timedOut()) {
            throw new Problem(words + " was not done after " + timeout.toSeconds() + " s", next);
        }
        if (end.exit() != 0) {
            throw new Problem(words + " failed" + (last[0].isEmpty() ? "" : ": " + last[0]), next);
        }
        log.info("{} done", words);
    }
}
