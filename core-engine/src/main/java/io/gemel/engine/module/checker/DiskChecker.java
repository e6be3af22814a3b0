package io.gemel.engine.module.checker;

import io.gemel.engine.module.Probe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks at the disks below some paths: room, whether the kernel mounted one read-only, and the errors that it counts. What
 * Gemel mounts over a directory is looked through.
 */
final class DiskChecker implements Checker {

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final Path DEVICES = Path.of("/sys/dev/block");
    private static final int PERCENT = 100;

    /** Mounted so, or made so by an error; ext4 says the latter two since Linux 6.15, and goes on saying rw. */
    private static final Set<String> READ_ONLY = Set.of("ro", "emergency_ro", "shutdown");

    private final Probe.Disk probe;
    private final List<Path> paths;

    /** Errors that were counted before the first look are old ones. */
    private final Map<String, Long> errorsBefore = new HashMap<>();

    DiskChecker(Probe.Disk probe, List<Path> directories) {
        this.probe = probe;
        this.paths = probe.paths().isEmpty() ? directories : probe.paths();
    }

    /** What is mounted where; see proc_pid_mountinfo(5). */
    private record Mount(String device, String point, String type, boolean readOnly) {}

    @Override
    public Look look() throws IOException {
        List<Mount> mounts = mounts();
        StringBuilder found = new StringBuilder();
        for (Path path : paths) {
            String wrong;
            try {
                wrong = room(path, found);
            } catch (IOException e) {
                wrong = path + " cannot be looked at: " + e.getMessage();
            }
            Optional<Mount> mount = below(path, mounts);
            if (wrong.isEmpty() && mount.isPresent()) {
                wrong = mount.get().readOnly()
                        ? "the file system of " + path + " is read-only"
                        : errors(path, mount.get().device());
            }
            if (!wrong.isEmpty()) {
                return Look.down(wrong);
            }
        }
        return Look.up(found.toString());
    }

    private String room(Path path, StringBuilder found) throws IOException {
        FileStore store = Files.getFileStore(path);
        long total = store.getTotalSpace();
        long free = store.getUsableSpace();
        long percent = total == 0 ? PERCENT : PERCENT * (free >> 10) / Math.max(1, total >> 10);
        String says = path + " has " + (free >> 20) + " MiB free (" + percent + "%)";
        if (percent < probe.leastPercent() || free < probe.leastBytes()) {
            return says + ", at least "
                    + (probe.leastBytes() > 0 ? (probe.leastBytes() >> 20) + " MiB" : probe.leastPercent() + "%");
        }
        found.append(found.isEmpty() ? "" : ", ").append(says);
        return "";
    }

    private String errors(Path path, String device) {
        for (Path counter : counters(device)) {
            try {
                long count = Long.decode(
                        Files.readString(counter, StandardCharsets.US_ASCII).strip());
                long before = errorsBefore.computeIfAbsent(counter.toString(), _ -> count);
                if (count > before) {
                    return "the disk of " + path + " had " + (count - before) + " errors (" + counter + ")";
                }
            } catch (IOException | NumberFormatException e) {
                // Not each file system and each disk counts.
            }
        }
        return "";
    }

    private static List<Path> counters(String device) {
        Path block = DEVICES.resolve(device);
        String name = "";
        try {
            name = block.toRealPath().getFileName().toString();
        } catch (IOException e) {
            // A device without a block device: btrfs, tmpfs.
        }
        return List.of(
                Path.of("/sys/fs/ext4", name, "errors_count"),
                block.resolve("device/ioerr_cnt"),
                block.resolve("../device/ioerr_cnt"));
    }

    private static List<Mount> mounts() throws IOException {
        return Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1).stream()
                .map(DiskChecker::mount)
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Mount> mount(String line) {
        String[] words = line.split(" ", -1);
        int dash = Arrays.asList(words).indexOf("-");
        if (dash < 5 || words.length < dash + 4) {
            return Optional.empty();
        }
        List<String> options = List.of(words[dash + 3].split(",", -1));
        boolean readOnly = options.stream().anyMatch(READ_ONLY::contains);
        return Optional.of(new Mount(words[2], words[4], words[dash + 1].toLowerCase(Locale.ROOT), readOnly));
    }

    /** The last mount of the longest path that is no file system of Gemel. */
    private static Optional<Mount> below(Path path, List<Mount> mounts) {
        Optional<Mount> best = Optional.empty();
        for (Mount mount : mounts) {
            boolean holds =
                    path.startsWith(Path.of(mount.point())) && !mount.type().startsWith("fuse.gemel");
            if (holds
                    && best.filter(other ->
                                    other.point().length() > mount.point().length())
                            .isEmpty()) {
                best = Optional.of(mount);
            }
        }
        return best;
    }
}
