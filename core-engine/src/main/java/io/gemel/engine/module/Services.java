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

/** The systemd units of a module: Gemel alone starts and stops them. Calls block, each unit for the timeout at most. */
public final class Services {

    /** Exists exactly when systemd runs this machine; see sd_booted(3). */
    private static final Path BOOTED = Path.of("/run/systemd/system");

    private final List<String> units;
    private final Duration timeout;
    private final Path booted;
    private final String systemctl;
    private final Logger log;

    /** The units of a module. */
    public Services(ModuleConfig module) {
        this(module, BOOTED, "systemctl");
    }

    Services(ModuleConfig module, Path booted, String systemctl) {
        this.units = module.services();
        this.timeout = module.scriptTimeout();
        this.booted = booted;
        this.systemctl = systemctl;
        this.log = LoggerFactory.getLogger("gemel.module." + module.name());
    }

    /**
     * Sees to it that systemd does not start the units by itself when the machine starts.
     *
     * @throws Problem when there is no systemd, or it refuses
     */
    public void disableOnBoot() {
        for (String unit : units) {
            call("disable", unit);
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

    private void call(String verb, String unit) {
        if (!Files.isDirectory(booted)) {
            throw new Problem(
                    "the service " + unit + " cannot be reached: systemd does not run on this machine",
                    "take services out of module.toml and start the application in bin/start_prim");
        }
        String[] last = {""};
        String next = "look at: systemctl status " + unit + "; journalctl -u " + unit;
        Execution.End end;
        try {
            end = Execution.run(List.of(systemctl, verb, unit), Path.of("/"), Map.of(), timeout, line -> {
                last[0] = line;
                log.info("systemctl {} {}: {}", verb, unit, line);
            });
        } catch (IOException e) {
            throw new Problem("systemctl " + verb + " " + unit + " cannot be run: " + e.getMessage(), next, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("systemctl " + verb + " " + unit + " was interrupted: the engine is stopping", next, e);
        }
        if (end.timedOut()) {
            throw new Problem(
                    "systemctl " + verb + " " + unit + " was not done after " + timeout.toSeconds() + " s", next);
        }
        if (end.exit() != 0) {
            throw new Problem(
                    "systemctl " + verb + " " + unit + " failed" + (last[0].isEmpty() ? "" : ": " + last[0]), next);
        }
        log.info("systemctl {} {} done", verb, unit);
    }
}
