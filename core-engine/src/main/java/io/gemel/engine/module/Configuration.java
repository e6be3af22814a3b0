package io.gemel.engine.module;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The whole configuration of a node: {@code cluster.toml} and {@code modules/NAME/module.toml} under one directory.
 *
 * @param cluster nodes and networks
 * @param modules sorted by name, at most {@link #MAX_MODULES}
 */
public record Configuration(ClusterConfig cluster, List<ModuleConfig> modules) {

    public static final Path DEFAULT_DIRECTORY = Path.of("/etc/gemel");
    public static final int MAX_MODULES = 32;

    /** What a check found. */
    public static final class Checked {

        private final Path etcDir;
        private final List<ConfigMistake> mistakes;
        private final List<ModuleParser.Draft> modules;
        private final Configuration configuration;

        private Checked(
                Path etcDir,
                List<ConfigMistake> mistakes,
                List<ModuleParser.Draft> modules,
                Configuration configuration) {
            this.etcDir = etcDir;
            this.mistakes = List.copyOf(mistakes);
            this.modules = modules;
            this.configuration = configuration;
        }

        /** Every mistake, file by file; empty when the configuration can be used. */
        public List<ConfigMistake> mistakes() {
            return mistakes;
        }

        /** The configuration, when there is no mistake in it. */
        public Optional<Configuration> configuration() {
            return Optional.ofNullable(configuration);
        }

        /** All mistakes in one; only when there are some. */
        public Problem problem() {
            StringBuilder what = new StringBuilder("the configuration in " + etcDir + " has "
                    + (mistakes.size() == 1 ? "a mistake:" : mistakes.size() + " mistakes:"));
            mistakes.forEach(mistake -> what.append("\n  ").append(mistake.sentence(etcDir)));
            return new Problem(what.toString(), "correct the files, then: gemel config check");
        }

        /** What on this machine does not fit: a reason to look, not to refuse, for it may be right on the peer. */
        public List<ConfigMistake> warnings() {
            return MachineCheck.check(modules);
        }

        /** The directory that was checked. */
        public Path directory() {
            return etcDir;
        }
    }

    public Configuration {
        Objects.requireNonNull(cluster, "cluster");
        modules = List.copyOf(modules);
    }

    /** A module by its name. */
    public Optional<ModuleConfig> module(String name) {
        return modules.stream().filter(module -> module.name().equals(name)).findFirst();
    }

    /**
     * Reads the configuration.
     *
     * @throws Problem that lists every mistake
     */
    public static Configuration load(Path etcDir) {
        Checked checked = check(etcDir);
        return checked.configuration().orElseThrow(checked::problem);
    }

    /** Reads the configuration and reports everything that is wrong with it; throws nothing. */
    public static Checked check(Path etcDir) {
        Path directory = etcDir.toAbsolutePath().normalize();
        ClusterParser.Draft cluster = ClusterParser.parse(directory);
        List<ConfigMistake> own = new ArrayList<>();
        List<ModuleParser.Draft> modules = folders(directory.resolve("modules"), own).stream()
                .map(ModuleParser::parse)
                .toList();
        CrossCheck.check(cluster, modules);
        List<ConfigMistake> mistakes = new ArrayList<>(sorted(cluster.file()));
        modules.forEach(module -> mistakes.addAll(sorted(module.file())));
        mistakes.addAll(own);
        Configuration configuration = mistakes.isEmpty()
                ? new Configuration(
                        cluster.config(),
                        modules.stream().map(ModuleParser.Draft::config).toList())
                : null;
        return new Checked(directory, mistakes, modules, configuration);
    }

    /** The names of the modules that have a folder, right or wrong, sorted. */
    public static List<String> modulesIn(Path etcDir) {
        return folders(etcDir.resolve("modules"), new ArrayList<>()).stream()
                .map(folder -> folder.getFileName().toString())
                .toList();
    }

    private static List<ConfigMistake> sorted(ConfigFile file) {
        return file.mistakes().stream()
                .sorted(Comparator.comparingInt(ConfigMistake::line).thenComparingInt(ConfigMistake::column))
                .toList();
    }

    private static List<Path> folders(Path modules, List<ConfigMistake> mistakes) {
        if (!Files.isDirectory(modules)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(modules)) {
            List<Path> folders = entries.filter(Files::isDirectory)
                    .filter(folder -> !folder.getFileName().toString().startsWith("."))
                    .sorted()
                    .limit(MAX_MODULES + 1L)
                    .toList();
            if (folders.size() > MAX_MODULES) {
                mistakes.add(new ConfigMistake(
                        modules,
                        1,
                        1,
                        "more than " + MAX_MODULES + " modules",
                        "a cluster has at most " + MAX_MODULES));
            }
            return folders;
        } catch (IOException | UncheckedIOException e) {
            mistakes.add(new ConfigMistake(
                    modules, 1, 1, "the folder cannot be read: " + e.getMessage(), "check its owner and permissions"));
            return List.of();
        }
    }
}
