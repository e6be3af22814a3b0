package io.gemel.engine.support;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the engine of this node has said: from the file that it writes to, or from the journal of systemd. */
public final class EngineLog {

    /** Most lines that can be had at once. */
    public static final int MOST_LINES = 2_000;

    private static final int MOST_BYTES = 256 << 10;

    private final Path run;

    /**
     * Of the engine that has its process id here.
     *
     * @param run where the engine leaves what need not survive
     */
    public EngineLog(Path run) {
        this.run = run;
    }

    /** The end of it, the oldest line first, without what looks like a secret; of long lines at most 256 KiB in all. */
    public List<String> last(int most) {
        int count = Math.clamp(most, 1, MOST_LINES);
        String text = file().map(EngineLog::end)
                .orElseGet(() -> Facts.output(List.of(
                        "journalctl",
                        "--no-pager",
                        "-q",
                        "-u",
                        "gemel",
                        "-n",
                        Integer.toString(count),
                        "-o",
                        "short-iso")));
        List<String> lines = Redaction.of(text).lines().toList();
        return lines.subList(Math.max(0, lines.size() - count), lines.size());
    }

    private static String end(Path log) {
        try (RandomAccessFile open = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(0, open.length() - MOST_BYTES);
            byte[] bytes = new byte[(int) (open.length() - from)];
            open.seek(from);
            open.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(" + log + " cannot be read: " + e.getMessage() + ")\n";
        }
    }

    /** The engine's process, if one runs. */
    Optional<String> pid() {
        try {
            String pid = Files.readString(run.resolve("engine.pid")).strip();
            return Files.isDirectory(Path.of("/proc", pid)) ? Optional.of(pid) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Where the engine writes what it has to say, if that is a file. */
    Optional<Path> file() {
        return pid().flatMap(pid -> {
            try {
                Path log = Files.readSymbolicLink(Path.of("/proc", pid, "fd", "2"));
                return Files.isRegularFile(log) ? Optional.of(log) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            }
        });
    }
}
