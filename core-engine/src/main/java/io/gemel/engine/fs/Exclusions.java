package io.gemel.engine.fs;

import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;

/**
 * Which names in a replicated directory stay on their node: patterns of the module's {@code exclude}. A pattern without
 * a slash is matched against every name, one with a slash against the path from the directory; what lies in an excluded
 * directory is excluded with it.
 */
public final class Exclusions {

    private final List<PathMatcher> names;
    private final List<PathMatcher> paths;

    public Exclusions(List<String> patterns) {
        names = matchers(patterns.stream().filter(p -> p.indexOf('/') < 0).toList());
        paths = matchers(patterns.stream()
                .filter(p -> p.indexOf('/') >= 0)
                .map(p -> p.startsWith("/") ? p.substring(1) : p)
                .toList());
    }

    private static List<PathMatcher> matchers(List<String> patterns) {
        return patterns.stream()
                .map(p -> FileSystems.getDefault().getPathMatcher("glob:" + p))
                .toList();
    }

    boolean isEmpty() {
        return names.isEmpty() && paths.isEmpty();
    }

    /** Whether the directory's path is needed to judge. */
    boolean needsPath() {
        return !paths.isEmpty();
    }

    /**
     * @param directory path from the replicated directory, empty for itself; used only if {@link #needsPath}
     * @param name bytes of the name
     */
    boolean matches(String directory, byte[] name) {
        String text = new String(name, StandardCharsets.UTF_8).replace('\0', '?');
        Path file = Path.of(text);
        if (names.stream().anyMatch(m -> m.matches(file))) {
            return true;
        }
        Path path = directory.isEmpty() ? file : Path.of(directory).resolve(file);
        return paths.stream().anyMatch(m -> m.matches(path));
    }
}
