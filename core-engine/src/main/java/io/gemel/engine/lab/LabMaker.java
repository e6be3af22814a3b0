package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Makes a lab step by step; when a step fails, or the process is told to end, removes what was made. */
final class LabMaker {

    private final LabOptions options;
    private final LabNames names;
    private final LabSwitch network;
    private final LabConfiguration configuration;
    private final Program program = Program.ofThisProcess();
    private boolean cancelled;

    LabMaker(LabOptions options) {
        this.options = options;
        this.names = new LabNames(options.name());
        this.network = new LabSwitch(names, options.networks());
        this.configuration = new LabConfiguration(options, names);
    }

    void make() {
        configuration.check();
        List<Path> privatePaths = MountPoints.privatePaths(options.privatePaths(), program.parts());
        Thread hook = new Thread(this::cancel, "lab-up-cancelled");
        LabRecords.locked(() -> {
            claim(privatePaths);
            return null;
        });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            build();
        } catch (RuntimeException e) {
            removeAfter(e);
            throw e;
        } finally {
            forget(hook);
        }
    }

    /** Writes the record before anything is made. */
    private void claim(List<Path> privatePaths) {
        if (LabRecords.find(options.name()).isPresent()) {
            throw new Problem(
                    "there is a lab \"" + options.name() + "\" already",
                    "remove it with `gemel lab down --name " + options.name() + "`, or choose another --name");
        }
        LabRemoval.remove(options.name());
        List<LabRecord.Node> nodes = IntStream.rangeClosed(1, options.nodes())
                .mapToObj(number -> LabRecord.Node.off("n" + number))
                .toList();
        LabRecords.write(new LabRecord(
                options.name(),
                options.networks(),
                privatePaths.stream().map(Path::toString).toList(),
                options.disk().isPresent(),
                volatileDisk(),
                options.engine(),
                MountPoints.missing(privatePaths),
                nodes,
                List.of()));
        MountPoints.create(privatePaths);
    }

    private void build() {
        List<String> nodes = record().nodes().stream().map(LabRecord.Node::name).toList();
        step(() -> program.install(names.bin()));
        step(() -> configuration.prepare(nodes));
        List<Path> privatePaths = record().privatePaths().stream().map(Path::of).toList();
        step(network::make);
        step(() -> network.plug(LabNames.CLIENT));
        for (String node : nodes) {
            step(() -> network.plug(node));
            options.disk().ifPresent(disk -> step(() -> makeImage(disk, node)));
            step(() -> {
                LabRecord.Node booted = LabNode.of(record(), node).boot();
                LabRecords.update(options.name(), record -> record.withNode(booted));
                configuration.install(node, LabNode.root(booted.initPid()), privatePaths);
                LabNode.of(record(), node).flush();
            });
        }
        if (options.engine()) {
            Map<String, Long> supervisors = new LinkedHashMap<>();
            nodes.forEach(
                    node -> supervisors.put(node, LabNode.of(record(), node).startEngine()));
            supervisors.forEach((node, supervisor) -> LabNode.of(record(), node).awaitEngine(supervisor));
        }
    }

    private boolean volatileDisk() {
        return options.disk().map(LabDisk::losesPower).orElse(false);
    }

    private void makeImage(LabDisk disk, String node) {
        Path image = names.image(node);
        try {
            Files.createDirectories(image.getParent());
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(disk.sizeBytes());
            }
        } catch (IOException e) {
            throw new Problem("the disk of " + node + " cannot be made: " + e, "look at " + image.getParent(), e);
        }
        Tool.must(disk.format(image.toString()));
    }

    private synchronized void step(Runnable work) {
        if (cancelled) {
            throw new Problem("told to end", "run `gemel lab up` again when you want it");
        }
        work.run();
    }

    private synchronized void cancel() {
        cancelled = true;
        LabRemoval.remove(options.name());
    }

    private synchronized void removeAfter(RuntimeException error) {
        try {
            LabRemoval.remove(options.name());
        } catch (RuntimeException e) {
            error.addSuppressed(e);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs already.
        }
    }

    private LabRecord record() {
        return LabRecords.get(options.name());
    }
}
