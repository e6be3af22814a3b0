package io.gemel.engine.testing;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What the machine that runs the tests can do; each question is answered with the reason why not. */
final class Machine {

    private static final long PROBE_TIMEOUT_SECONDS = 10;

    /** Debian keeps PostgreSQL's programs off the PATH, and a user's PATH has no sbin. */
    private static final List<String> MORE_PLACES = List.of("/usr/local/sbin", "/usr/sbin", "/sbin");

    private Machine() {}

    /** Why the tests do not run as root, or empty when they do. */
    static Optional<String> whyNotRoot() {
        return System.getProperty("user.name").equals("root") ? Optional.empty() : Optional.of("needs root");
    }

    /** Why no FUSE file system can be mounted here, or empty. */
    static Optional<String> whyNoFuse() {
        if (!Files.exists(Path.of("/dev/fuse"))) {
            return Optional.of("needs /dev/fuse, which is missing");
        }
        if (!Files.isWritable(Path.of("/dev/fuse"))) {
            return Optional.of("needs /dev/fuse, which this user may not open");
        }
        return whyNotRoot();
    }

    /** Why no namespaces can be made here, or empty. */
    static Optional<String> whyNoNamespaces() {
        return whyNotRoot()
                .or(() -> whyNoTool("unshare"))
                .or(() -> succeeds("unshare", "--mount", "--net", "--pid", "--fork", "true")
                        ? Optional.empty()
                        : Optional.of("needs mount, network and PID namespaces, which this machine refuses"));
    }

    /** Why the program cannot be run, or empty. */
    static Optional<String> whyNoTool(String program) {
        return places().stream().anyMatch(place -> Files.isExecutable(place.resolve(program)))
                ? Optional.empty()
                : Optional.of("needs " + program + ", which is not installed");
    }

    private static List<Path> places() {
        List<Path> places = new ArrayList<>();
        for (String place : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            places.add(Path.of(place.isEmpty() ? "." : place));
        }
        MORE_PLACES.forEach(place -> places.add(Path.of(place)));
        Path postgresql = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(postgresql)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(postgresql)) {
                versions.forEach(version -> places.add(version.resolve("bin")));
            } catch (IOException e) {
                throw new IllegalStateException("cannot list " + postgresql, e);
            }
        }
        return places;
    }

    private static boolean succeeds(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(PROBE_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return false;
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
