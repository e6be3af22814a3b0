package io.gemel.engine.lab.bench;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the numbers depend on. */
record MachineFacts(Map<String, String> facts) {

    static MachineFacts now() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put(
                "processors", Runtime.getRuntime().availableProcessors() + " x " + line("/proc/cpuinfo", "model name"));
        facts.put("memory", line("/proc/meminfo", "MemTotal"));
        facts.put("file system", fileSystem(Path.of("/var/tmp")));
        facts.put("system", line("/etc/os-release", "PRETTY_NAME").replace("\"", ""));
        facts.put("JDK", System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"));
        facts.put("load before", first("/proc/loadavg"));
        return new MachineFacts(facts);
    }

    private static String fileSystem(Path path) {
        try {
            FileStore store = Files.getFileStore(path);
            return store.type() + " on " + store.name();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String line(String file, String key) {
        return lines(file).stream()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(line.contains("=") ? '=' : ':') + 1)
                        .strip())
                .findFirst()
                .orElse("unknown");
    }

    private static String first(String file) {
        return lines(file).stream().findFirst().orElse("unknown");
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            return List.of();
        }
    }
}
