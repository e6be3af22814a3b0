package io.gemel.engine.module;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a replicated directory is not mirrored.
 *
 * <p>A pattern without a slash ({@code *.tmp}, {@code lost+found}) is compared with each name on the way, at any
 * depth; one with a slash ({@code cache/**}) with the path from the replicated directory on. Whatever lies under an
 * excluded directory is excluded too. Wildcards are those of {@link java.nio.file.FileSystem#getPathMatcher} globs.
 */
public final class Exclusion {

    private final List<PathMatcher> names = new ArrayList<>();
    private final List<PathMatcher> paths = new ArrayList<>();

    /** @throws IllegalArgumentException when a pattern is not a glob */
    public Exclusion(List<String> patterns) {
        for (String pattern : patterns) {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            (pattern.contains("/") ? paths : names).add(matcher);
        }
    }

    /** Whether nothing is excluded. */
    public boolean isEmpty() {
        return names.isEmpty() && paths.isEmpty();
    }

    /**
     * Whether a path is excluded.
     *
     * @param relative the path from the replicated directory on, without a leading slash
     */
    public boolean excludes(String relative) {
        if (isEmpty() || relative.isEmpty()) {
            return false;
        }
        Path path = Path.of(relative);
        for (int count = 1; count <= path.getNameCount(); count++) {
            Path head = path.subpath(0, count);
            Path name = path.getName(count - 1);
            if (names.stream().anyMatch(matcher -> matcher.matches(name))
                    || paths.stream().anyMatch(matcher -> matcher.matches(head))) {
                return true;
            }
        }
        return false;
    }
}
