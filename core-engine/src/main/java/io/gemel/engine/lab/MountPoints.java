package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The directories of this machine over which the nodes mount their private ones. Those that are missing are made, and
 * removed when the last lab that needs them goes and they are empty.
 */
final class MountPoints {

    /** Always a different directory on each node. */
    static final List<Path> ALWAYS =
            List.of(Path.of("/etc/gemel"), Path.of("/run/gemel"), Path.of("/srv"), Path.of("/var/lib/gemel"));

    private static final List<Path> SYSTEM = List.of(
            Path.of("/proc"), Path.of("/sys"), Path.of("/dev"), LabNames.RECORDS, LabNames.NAMESPACES, LabNames.HOMES);

    private MountPoints() {}

    /**
     * All private paths of a lab, outer ones first.
     *
     * @param asked what was asked for beside {@link #ALWAYS}
     * @param program what a node must still see: the launcher, the JDK, the classes
     */
    static List<Path> privatePaths(List<Path> asked, Collection<Path> program) {
        Set<Path> paths = new LinkedHashSet<>(ALWAYS);
        for (Path path : asked) {
            if (!path.isAbsolute() || path.getNameCount() == 0) {
                throw new Problem(path + " cannot be private to a node", "give the absolute path of a directory");
            }
            paths.add(path.normalize());
        }
        for (Path path : paths) {
            check(path, program);
        }
        return paths.stream().sorted().toList();
    }

    private static void check(Path path, Collection<Path> program) {
        for (Path system : SYSTEM) {
            if (system.startsWith(path) || path.startsWith(system)) {
                throw new Problem(
                        path + " cannot be private to a node: the lab itself lives on " + system,
                        "give a directory inside it that the application uses");
            }
        }
        for (Path part : program) {
            if (part.startsWith(path)) {
                throw new Problem(
                        path + " cannot be private to a node: Gemel itself runs from " + part,
                        "move Gemel to a directory outside " + path);
            }
        }
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new Problem(path + " cannot be private to a node: it is a file", "give the directory that holds it");
        }
    }

    /** What must be made on this machine before a lab can use these paths; innermost first. Changes nothing. */
    static List<String> missing(List<Path> paths) {
        Set<Path> missing = new LinkedHashSet<>();
        for (Path path : paths) {
            for (Path p = path; p != null && Files.notExists(p); p = p.getParent()) {
                missing.add(p);
            }
        }
        if (!isMounted(LabNames.NAMESPACES)) {
            missing.add(LabNames.NAMESPACES);
        }
        return missing.stream()
                .sorted((a, b) -> b.compareTo(a))
                .map(Path::toString)
                .toList();
    }

    static void create(List<Path> paths) {
        try {
            for (Path path : paths) {
                Files.createDirectories(path);
            }
        } catch (IOException e) {
            throw new Problem("a mount point cannot be made: " + e, "make the directory by hand", e);
        }
    }

    /** Removes what a lab made; what another lab still uses becomes that lab's to remove. Under the records' lock. */
    static void remove(LabRecord gone, List<LabRecord> others) {
        for (String text : gone.createdPaths()) {
            Path path = Path.of(text);
            LabRecord heir = others.stream()
                    .filter(other -> uses(other, path))
                    .findFirst()
                    .orElse(null);
            if (heir == null) {
                removeOne(path);
            } else {
                LabRecords.update(heir.name(), record -> {
                    List<String> paths = new ArrayList<>(record.createdPaths());
                    paths.add(text);
                    paths.sort((a, b) -> Path.of(b).compareTo(Path.of(a)));
                    return record.withCreatedPaths(paths);
                });
            }
        }
    }

    private static boolean uses(LabRecord lab, Path path) {
        return path.equals(LabNames.NAMESPACES)
                || lab.privatePaths().stream().anyMatch(p -> Path.of(p).startsWith(path));
    }

    private static void removeOne(Path path) {
        try {
            if (path.equals(LabNames.NAMESPACES)) {
                if (!isEmpty(path)) {
                    return;
                }
                Tool.attempt("umount", path.toString());
            }
            Files.delete(path);
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            // Gone already, or somebody put something there meanwhile: theirs.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private static boolean isMounted(Path path) {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    .anyMatch(line -> line.split(" ", 6)[4].equals(path.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
