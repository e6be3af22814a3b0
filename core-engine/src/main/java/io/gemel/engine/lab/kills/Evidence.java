package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Keeps what is needed to understand a round that failed. */
final class Evidence {

    private Evidence() {}

    /** Copies both nodes' engine logs, trees and journals, what the load was told, and the report. */
    static void keep(Cluster cluster, Path logs, int firstEpoch, Path directory, List<String> report)
            throws IOException {
        Files.createDirectories(directory);
        Files.write(directory.resolve("report"), report);
        for (String node : Cluster.NODES) {
            Files.copy(
                    cluster.lab.engineLog(node),
                    directory.resolve(node + ".engine.log"),
                    StandardCopyOption.REPLACE_EXISTING);
            Files.write(directory.resolve(node + ".manifest"), cluster.manifest(node));
            Files.writeString(
                    directory.resolve(node + ".state"),
                    cluster.gemel(node, "state", "--json").out());
            cluster.run(
                    node,
                    "bash",
                    "-c",
                    "mkdir -p '" + directory.resolve(node) + "' && cp -a " + Cluster.DIRECTORY + " /var/lib/gemel '"
                            + directory.resolve(node) + "'");
        }
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.matches("\\d+.*") || Integer.parseInt(name.split("[-.]", 2)[0]) >= firstEpoch) {
                    Files.copy(file, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }
}
