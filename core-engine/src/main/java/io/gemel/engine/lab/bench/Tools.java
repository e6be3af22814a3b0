package io.gemel.engine.lab.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where the programs of the workloads are. */
final class Tools {

    private static final List<String> SYSTEM = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

    private Tools() {}

    /** A sentence when a program is not on the path, with what Debian calls its package. */
    static Optional<String> missing(String program, String debianPackage) {
        return find(program).isPresent()
                ? Optional.empty()
                : Optional.of(program + " is not installed (Debian: apt-get install " + debianPackage + ")");
    }

    static Optional<Path> find(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        List<String> directories = new java.util.ArrayList<>(List.of(path.split(":", -1)));
        directories.addAll(SYSTEM);
        return directories.stream()
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The newest PostgreSQL's programs, which Debian keeps off the path. */
    static Optional<Path> postgresql() {
        Path newest = null;
        try (DirectoryStream<Path> versions = Files.newDirectoryStream(Path.of("/usr/lib/postgresql"))) {
            for (Path version : versions) {
                Path programs = version.resolve("bin");
                boolean newer = newest == null || version.compareTo(newest.getParent()) > 0;
                if (Files.isExecutable(programs.resolve("initdb")) && newer) {
                    newest = programs;
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.ofNullable(newest);
    }
}
