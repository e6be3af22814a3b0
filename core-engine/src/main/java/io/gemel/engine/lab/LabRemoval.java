package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Removes all of a lab, whatever state it is in: whole, half made, half removed. */
final class LabRemoval {

    private static final Duration CLIENT_TIMEOUT = Duration.ofSeconds(5);

    private LabRemoval() {}

    static void remove(String name) {
        LabNames names = new LabNames(name);
        LabRecords.locked(() -> {
            LabRecord lab = LabRecords.find(name).orElseGet(() -> LabRecord.stray(name));
            removeMembers(names, lab);
            if (lab.ownDisk()) {
                detachImages(names, lab);
            }
            setAside(names);
            LabRecords.delete(name);
            List<LabRecord> others = LabRecords.names().stream()
                    .map(LabRecords::find)
                    .flatMap(Optional::stream)
                    .toList();
            MountPoints.remove(lab, others);
            return null;
        });
        // Millions of files may be there; other labs do not wait for them.
        removedHomes(names).forEach(LabRemoval::deleteTree);
        deleteIfEmpty(LabNames.HOMES);
    }

    private static void setAside(LabNames names) {
        Path home = names.home();
        try {
            if (Files.exists(home)) {
                Files.move(home, home.resolveSibling(removedPrefix(names) + UUID.randomUUID()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String removedPrefix(LabNames names) {
        return ".removed-" + names.home().getFileName() + "-";
    }

    /** Also those that a removal left behind that was killed. */
    private static List<Path> removedHomes(LabNames names) {
        if (Files.notExists(LabNames.HOMES)) {
            return List.of();
        }
        try (Stream<Path> homes = Files.list(LabNames.HOMES)) {
            return homes.filter(home -> home.getFileName().toString().startsWith(removedPrefix(names)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void removeMembers(LabNames names, LabRecord lab) {
        LabSwitch network = new LabSwitch(names, lab.networks());
        for (LabRecord.Node node : lab.nodes()) {
            // The disk first: then nobody waits for what the node would still write to it.
            new VolatileDisk(names, node.name()).endServer();
            new LabNode(lab, node).powerOff();
            network.unplug(node.name());
        }
        String client = names.namespace(LabNames.CLIENT);
        boolean quiet = Deadline.in(CLIENT_TIMEOUT).await(() -> {
            List<Long> pids = NodeProcess.inNetwork(client);
            pids.forEach(NodeProcess::kill);
            return pids.isEmpty();
        });
        if (!quiet) {
            throw new Problem(
                    "processes of the lab's client do not end: " + NodeProcess.inNetwork(client),
                    "look at them with ps, then run `gemel lab down` again");
        }
        network.unplug(LabNames.CLIENT);
        network.remove();
    }

    private static void detachImages(LabNames names, LabRecord lab) {
        for (LabRecord.Node node : lab.nodes()) {
            if (Files.exists(names.image(node.name()))) {
                LoopDevices.below(names.nodeHome(node.name())).release();
            }
        }
    }

    private static void deleteIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // Another lab lives there.
        }
    }

    private static void deleteTree(Path tree) {
        if (Files.notExists(tree)) {
            return;
        }
        try {
            Files.walkFileTree(tree, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                // Somebody else may remove the same.
                @Override
                public FileVisitResult visitFileFailed(Path file, IOException error) throws IOException {
                    if (error instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw error;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException error) throws IOException {
                    if (error != null && !(error instanceof NoSuchFileException)) {
                        throw error;
                    }
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
