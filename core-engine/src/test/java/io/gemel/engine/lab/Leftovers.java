package io.gemel.engine.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a lab could leave on this machine; empty when it left nothing. */
final class Leftovers {

    private Leftovers() {}

    static List<String> of(String lab) throws IOException {
        List<String> found = new ArrayList<>();
        String mark = "gemel-" + lab + "-";
        String group = "gemel-lab-" + lab + "-";
        if (Files.isDirectory(LabNames.NAMESPACES)) {
            add(found, "namespace", LabNames.NAMESPACES, mark);
        }
        for (String cgroups : List.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/freezer")) {
            if (Files.isDirectory(Path.of(cgroups))) {
                add(found, "cgroup", Path.of(cgroups), group);
            }
        }
        String home = LabNames.HOMES.resolve(lab).toString();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.contains(home) || line.contains(mark)) {
                found.add("mount " + line);
            }
        }
        for (Path path : List.of(LabNames.HOMES.resolve(lab), LabNames.RECORDS.resolve(lab))) {
            if (Files.exists(path)) {
                found.add("file " + path);
            }
        }
        if (Files.isDirectory(LabNames.HOMES)) {
            add(found, "file", LabNames.HOMES, ".removed-" + lab + "-");
        }
        processes(found, home);
        for (String line : Tool.attempt("losetup", "-l", "-n", "-O", "NAME,BACK-FILE")
                .out()
                .lines()
                .toList()) {
            // A disk whose server is gone has lost all but its own name.
            if (line.contains(home) || line.endsWith(" /disk.img")) {
                found.add("loop " + line);
            }
        }
        return found;
    }

    private static void processes(List<String> found, String home) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process :
                    all.filter(p -> p.getFileName().toString().matches("\\d+")).toList()) {
                if (process.getFileName()
                        .toString()
                        .equals(Long.toString(ProcessHandle.current().pid()))) {
                    continue;
                }
                try {
                    String command = Files.readString(process.resolve("cmdline"));
                    if (command.contains(home + "/")
                            || Files.readString(process.resolve("environ")).contains(home + "/")) {
                        found.add("process " + process.getFileName() + " " + command.replace('\0', ' '));
                    }
                } catch (IOException e) {
                    // It ended meanwhile.
                }
            }
        }
    }

    private static void add(List<String> found, String kind, Path directory, String start) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(entry -> entry.getFileName().toString().startsWith(start))
                    .forEach(entry -> found.add(kind + " " + entry));
        }
    }
}
