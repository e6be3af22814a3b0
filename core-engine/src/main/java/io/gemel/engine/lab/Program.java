package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The very Gemel that runs this lab, as a command for its nodes: the launcher where there is one, else the same JVM with
 * the same classes.
 *
 * @param command program and first arguments
 * @param parts what a node must be able to see for it to run
 */
record Program(List<String> command, List<Path> parts) {

    private static final String MAIN_CLASS = "io.gemel.engine.cli.Main";
    private static final int LEVELS_ABOVE_CLASSES = 4;

    static Program ofThisProcess() {
        List<Path> parts = new ArrayList<>();
        parts.add(Path.of(System.getProperty("java.home")));
        List<Path> classes = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.isBlank())
                .map(entry -> Path.of(entry).toAbsolutePath().normalize())
                .toList();
        parts.addAll(classes);
        Optional<Path> launcher = launcher(classes);
        if (launcher.isPresent()) {
            parts.add(launcher.get());
            return new Program(List.of(launcher.get().toString()), parts);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(String.join(
                File.pathSeparator, classes.stream().map(Path::toString).toList()));
        command.add(MAIN_CLASS);
        return new Program(command, parts);
    }

    private static Optional<Path> launcher(List<Path> classes) {
        List<Path> candidates = new ArrayList<>();
        Optional.ofNullable(System.getenv("GEMEL_LAUNCHER")).map(Path::of).ifPresent(candidates::add);
        Optional.ofNullable(System.getProperty("gemel.home"))
                .map(home -> Path.of(home, "gemel"))
                .ifPresent(candidates::add);
        for (Path entry : classes) {
            Path above = Files.isDirectory(entry) ? entry : entry.getParent();
            for (int level = 0; level < LEVELS_ABOVE_CLASSES && above != null; level++) {
                candidates.add(above.resolve("gemel"));
                above = above.getParent();
            }
        }
        return candidates.stream()
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /** Writes a command called {@code gemel} that runs this program. */
    void install(Path directory) {
        StringBuilder script = new StringBuilder("#!/bin/sh\nGEMEL_NO_BUILD=1 exec");
        for (String word : command) {
            script.append(" '").append(word.replace("'", "'\\''")).append('\'');
        }
        script.append(" \"$@\"\n");
        try {
            Files.createDirectories(directory);
            Path file = directory.resolve("gemel");
            Files.writeString(file, script);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new Problem("the lab's command cannot be written: " + e, "look at " + directory, e);
        }
    }
}
