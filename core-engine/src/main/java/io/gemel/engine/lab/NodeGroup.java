package io.gemel.engine.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All processes of a node taken together, as far as this machine can: a cgroup v2, else a v1 freezer, else signals.
 *
 * <p>Every process that enters the node must enter the group first, see {@link #entering}; its children then follow.
 */
final class NodeGroup {

    private static final Duration FREEZE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration FREEZE_BY_KERNEL = Duration.ofSeconds(3);
    private static final Duration REMOVE_TIMEOUT = Duration.ofSeconds(5);

    private enum Kind {
        V2,
        V1_FREEZER,
        SIGNALS
    }

    private final Kind kind;
    private final Path directory;
    private final String namespace;

    private NodeGroup(Kind kind, Path directory, String namespace) {
        this.kind = kind;
        this.directory = directory;
        this.namespace = namespace;
    }

    /** The group of a node, made if it is not there. */
    static NodeGroup make(LabNames names, String node) {
        for (Kind kind : List.of(Kind.V2, Kind.V1_FREEZER)) {
            Optional<Path> mount = mount(kind);
            if (mount.isPresent()) {
                Path directory = mount.get().resolve(names.controlGroup(node));
                NodeGroup group = new NodeGroup(kind, directory, names.namespace(node));
                if (group.tryMake()) {
                    return group;
                }
            }
        }
        return new NodeGroup(Kind.SIGNALS, Path.of("/"), names.namespace(node));
    }

    /** The group that {@link #make} made. */
    static NodeGroup find(LabNames names, String node) {
        for (Kind kind : List.of(Kind.V2, Kind.V1_FREEZER)) {
            Optional<Path> directory =
                    mount(kind).map(m -> m.resolve(names.controlGroup(node))).filter(Files::isDirectory);
            if (directory.isPresent()) {
                return new NodeGroup(kind, directory.get(), names.namespace(node));
            }
        }
        return new NodeGroup(Kind.SIGNALS, Path.of("/"), names.namespace(node));
    }

    /** Where a kind of cgroup is mounted; proc(5), mountinfo: what follows " - " is type, source, options. */
    private static Optional<Path> mount(Kind kind) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
                String[] sides = line.split(" - ", 2);
                String[] right = sides[1].split(" ", -1);
                boolean wanted = kind == Kind.V2
                        ? right[0].equals("cgroup2")
                        : right[0].equals("cgroup")
                                && List.of(right[2].split(",")).contains("freezer");
                if (wanted) {
                    return Optional.of(Path.of(sides[0].split(" ", -1)[4]));
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean tryMake() {
        try {
            Files.createDirectories(directory);
            return Files.exists(directory.resolve(kind == Kind.V2 ? "cgroup.freeze" : "freezer.state"))
                    && Files.isWritable(directory.resolve("cgroup.procs"));
        } catch (IOException e) {
            return false;
        }
    }

    /** The command that runs {@code command} inside the group. */
    List<String> entering(List<String> command) {
        if (kind == Kind.SIGNALS) {
            return command;
        }
        List<String> all = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$@\"",
                directory.resolve("cgroup.procs").toString()));
        all.addAll(command);
        return all;
    }

    /** Stops every process where it stands; false when that cannot be had within a bounded time. */
    boolean freeze() {
        switch (kind) {
            case V2 -> write("cgroup.freeze", "1");
            case V1_FREEZER -> write("freezer.state", "FROZEN");
            case SIGNALS -> signal("STOP");
        }
        // A process in an uninterruptible call (a write that waits for a frozen engine, say) never counts as frozen for
        // the kernel; it runs nothing either, which is what was asked for.
        return Deadline.in(FREEZE_BY_KERNEL).await(this::frozen)
                || Deadline.in(FREEZE_TIMEOUT.minus(FREEZE_BY_KERNEL)).await(this::nothingRuns);
    }

    boolean thaw() {
        switch (kind) {
            case V2 -> write("cgroup.freeze", "0");
            case V1_FREEZER -> write("freezer.state", "THAWED");
            case SIGNALS -> signal("CONT");
        }
        return Deadline.in(FREEZE_TIMEOUT).await(() -> !frozen());
    }

    /** Whether a freeze was asked for and not taken back. */
    boolean freezeAsked() {
        return switch (kind) {
            case V2 -> read("cgroup.freeze").equals("1");
            case V1_FREEZER -> !read("freezer.state").equals("THAWED");
            case SIGNALS -> frozen();
        };
    }

    private boolean frozen() {
        return switch (kind) {
            case V2 -> read("cgroup.events").lines().anyMatch("frozen 1"::equals);
            case V1_FREEZER -> read("freezer.state").equals("FROZEN");
            case SIGNALS -> {
                List<Long> pids = pids();
                yield !pids.isEmpty() && pids.stream().allMatch(pid -> NodeProcess.state(pid) == 'T');
            }
        };
    }

    private boolean nothingRuns() {
        return pids().stream().noneMatch(pid -> NodeProcess.state(pid) == 'R');
    }

    /** Kills every process of the node; also when it is frozen. Returns at once. */
    void kill() {
        if (kind == Kind.V2 && Files.exists(directory.resolve("cgroup.kill"))) {
            write("cgroup.kill", "1");
        }
        pids().forEach(NodeProcess::kill);
        if (kind == Kind.V1_FREEZER && Files.exists(directory)) {
            // A frozen process of v1 dies when it thaws, before it runs anything.
            write("freezer.state", "THAWED");
        }
    }

    /** Every process of the node, as this machine numbers them. */
    List<Long> pids() {
        List<Long> pids = new ArrayList<>(NodeProcess.inNetwork(namespace));
        if (kind != Kind.SIGNALS) {
            read("cgroup.procs")
                    .lines()
                    .map(Long::valueOf)
                    .filter(pid -> !pids.contains(pid))
                    .forEach(pids::add);
        }
        return pids;
    }

    /** Removes the group once it is empty; false when it did not become empty. */
    boolean remove() {
        return kind == Kind.SIGNALS
                || Deadline.in(REMOVE_TIMEOUT).await(() -> {
                    try {
                        Files.deleteIfExists(directory);
                        return true;
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    private void signal(String name) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        pids().forEach(pid -> command.add(Long.toString(pid)));
        Tool.run(command, Tool.STEP_TIMEOUT, Map.of());
    }

    private void write(String file, String text) {
        try {
            Files.writeString(directory.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String read(String file) {
        try {
            return Files.readString(directory.resolve(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
