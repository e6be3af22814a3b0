package io.gemel.engine.module;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A ready-made module that ships with Gemel.
 *
 * @param name its folder's name
 * @param summary one line: what it protects, the first sentence of its README
 */
public record ApplicationModule(String name, String summary) {

    /** A file that is surely there: the way to the folder of all. */
    private static final String ANCHOR = "/modules/mirror/module.toml";

    /** Reads the folder of the application modules, in a directory or in a jar. */
    private interface Reader<T> {
        T read(Path modules) throws IOException;
    }

    /** All of them, by name. */
    public static List<ApplicationModule> all() {
        return withFolder(modules -> {
            List<ApplicationModule> all = new ArrayList<>();
            try (Stream<Path> folders = Files.list(modules)) {
                for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                    String name = folder.getFileName().toString().replace("/", "");
                    all.add(new ApplicationModule(name, summary(folder.resolve("README.md"))));
                }
            }
            return all;
        });
    }

    private static String summary(Path readme) throws IOException {
        return Files.readAllLines(readme, StandardCharsets.UTF_8).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .findFirst()
                .orElse("");
    }

    /**
     * The one of this name.
     *
     * @throws Problem when there is none
     */
    public static ApplicationModule named(String name) {
        List<ApplicationModule> all = all();
        List<String> names = all.stream().map(ApplicationModule::name).toList();
        return all.stream()
                .filter(module -> module.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Problem(
                        "there is no application module \"" + name + "\"; " + Nearest.hint(name, names),
                        "gemel module list"));
    }

    /**
     * Copies it into {@code etcDir/modules/moduleName}, its scripts executable.
     *
     * @return the new folder
     * @throws Problem when the name cannot be a module's, or is taken, or the folder cannot be written
     */
    public Path copyTo(Path etcDir, String moduleName) {
        if (!Names.valid(moduleName)) {
            throw new Problem("\"" + moduleName + "\" cannot be a module's name; " + Names.RULE, "choose another name");
        }
        Path target = etcDir.resolve("modules").resolve(moduleName);
        if (Files.exists(target)) {
            throw new Problem(
                    "there is a module \"" + moduleName + "\" already, in " + target,
                    "choose another name, or remove that folder first");
        }
        return withFolder(modules -> {
            // Hidden until it is whole: a half copied module must not be taken for one.
            Path half = target.resolveSibling("." + moduleName + ".new");
            remove(half);
            copy(modules.resolve(name), half);
            return Files.move(half, target, StandardCopyOption.ATOMIC_MOVE);
        });
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                    boolean script = copy.getParent().getFileName().toString().equals("bin");
                    Files.setPosixFilePermissions(
                            copy, PosixFilePermissions.fromString(script ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    private static <T> T withFolder(Reader<T> reader) {
        URL anchor = ApplicationModule.class.getResource(ANCHOR);
        if (anchor == null) {
            throw new IllegalStateException("the application modules are not on the class path: " + ANCHOR);
        }
        try {
            URI uri = anchor.toURI();
            if (!"jar".equals(uri.getScheme())) {
                return reader.read(Path.of(uri).getParent().getParent());
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return reader.read(jar.getPath("/modules"));
            }
        } catch (IOException | URISyntaxException e) {
            throw new Problem(
                    "an application module cannot be read or copied: " + e.getMessage(),
                    "check the permissions and the free space of the configuration's directory",
                    e);
        }
    }
}
