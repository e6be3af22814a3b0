package io.gemel.engine.module;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a {@code module.toml} says, whole and without mistakes.
 *
 * @param name the name of its folder
 * @param folder the folder with {@code module.toml} and {@code bin/}
 * @param services systemd units in the order of their start; may be empty
 * @param replication what is mirrored and how
 * @param virtualIps addresses that move with the primary; may be empty
 * @param scriptTimeout how long one script may run
 * @param defaultPrimary the node that is to serve whenever it can; or whoever does
 * @param surveillance how it is watched, and what follows
 */
public record ModuleConfig(
        String name,
        Path folder,
        Mode mode,
        List<String> services,
        Replication replication,
        List<VirtualIp> virtualIps,
        Duration scriptTimeout,
        Optional<DefaultPrimary> defaultPrimary,
        Surveillance surveillance) {

    public static final Duration DEFAULT_SCRIPT_TIMEOUT = Duration.ofMinutes(5);
    public static final int MAX_DIRECTORIES = 16;

    /**
     * The node that gets the role back by itself after it was brought up to date again.
     *
     * @param node its name
     * @param after how long it is to be READY before that
     */
    public record DefaultPrimary(String node, Duration after) {
        public static final Duration DEFAULT_AFTER = Duration.ofMinutes(1);
    }

    /** How a module uses its nodes. */
    public enum Mode {
        MIRROR;

        /** As it is written in files and on screens. */
        public String word() {
            return "mirror";
        }
    }

    /** When a write is acknowledged to the application. */
    public enum Sync {
        /** Every write is on both nodes when it returns; fsync is on both disks. */
        WRITE,
        /** Only fsync waits for the peer. */
        FSYNC;

        /** As it is written in files and on screens. */
        public String word() {
            return this == WRITE ? "write" : "fsync";
        }
    }

    /**
     * @param directories absolute, normalised, 1 to 16, none inside another
     * @param excludePatterns as written, see {@link Exclusion}
     * @param resyncBytesPerSecond most that a resync may take of the network; 0 for no limit
     */
    public record Replication(
            List<Path> directories, Sync sync, List<String> excludePatterns, long resyncBytesPerSecond) {
        public Replication {
            directories = List.copyOf(directories);
            excludePatterns = List.copyOf(excludePatterns);
            Objects.requireNonNull(sync, "sync");
        }

        /** What of each directory is not mirrored. */
        public Exclusion exclusion() {
            return new Exclusion(excludePatterns);
        }
    }

    public ModuleConfig {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(mode, "mode");
        services = List.copyOf(services);
        Objects.requireNonNull(replication, "replication");
        virtualIps = List.copyOf(virtualIps);
        Objects.requireNonNull(scriptTimeout, "scriptTimeout");
        Objects.requireNonNull(defaultPrimary, "defaultPrimary");
        Objects.requireNonNull(surveillance, "surveillance");
    }

    /** One that nobody watches. */
    public ModuleConfig(
            String name,
            Path folder,
            Mode mode,
            List<String> services,
            Replication replication,
            List<VirtualIp> virtualIps,
            Duration scriptTimeout,
            Optional<DefaultPrimary> defaultPrimary) {
        this(name, folder, mode, services, replication, virtualIps, scriptTimeout, defaultPrimary, Surveillance.NONE);
    }

    /** Where the scripts are. */
    public Path bin() {
        return folder.resolve("bin");
    }
}
