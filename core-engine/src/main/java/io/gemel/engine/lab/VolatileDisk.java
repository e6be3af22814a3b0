package io.gemel.engine.lab;

import io.gemel.engine.lab.volatiledisk.DiskOrders;
import io.gemel.engine.lab.volatiledisk.DiskPlaces;
import io.gemel.engine.lab.volatiledisk.PowerCut;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The volatile disk of a node, as the lab switches it on and off. A process of its own serves it, from power-on to
 * power-off; whatever is not flushed when that process ends is lost.
 */
final class VolatileDisk {

    /** The verb of {@code gemel lab} that serves a disk; its argument is the node's directory. */
    private static final String SERVE = "serve-disk";

    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

    private final LabNames names;
    private final String node;
    private final DiskPlaces places;
    private final DiskOrders orders;

    VolatileDisk(LabNames names, String node) {
        this.names = names;
        this.node = node;
        this.places = new DiskPlaces(names.nodeHome(node));
        this.orders = new DiskOrders(places);
    }

    /** Starts the server and makes a loop device of the disk; its path. */
    String powerOn() {
        Path log = names.diskLog(node);
        Process server = Tool.startDetached(
                List.of(
                        "unshare",
                        "--mount",
                        "--propagation=private",
                        names.bin().resolve("gemel").toString(),
                        "lab",
                        SERVE,
                        places.directory().toString()),
                log);
        try {
            Deadline.in(START_TIMEOUT).await(() -> orders.answers() || !server.isAlive());
            return orders.attach();
        } catch (IOException e) {
            Tool.killTree(server);
            LoopDevices.below(places.directory()).release();
            throw new Problem(
                    "the disk of " + node + " cannot be switched on: " + e.getMessage() + "\n" + LabNode.lastLines(log),
                    "a volatile disk needs root, FUSE and loop devices on this machine",
                    e);
        }
    }

    /** Cuts the disk's power; a dead server had cut it already. */
    PowerCut.Outcome cut(PowerCut cut) {
        if (server().isEmpty()) {
            return new PowerCut.Outcome(0, 0, 0);
        }
        try {
            return orders.cut(cut);
        } catch (IOException e) {
            throw new Problem(
                    "the power of the disk of " + node + " cannot be cut: " + e.getMessage(),
                    "look at " + names.diskLog(node) + ", then end the lab with `gemel lab down`",
                    e);
        }
    }

    /** Ends the server, if it runs: who still uses the disk gets errors. */
    void endServer() {
        Optional<ProcessHandle> server = server();
        server.ifPresent(ProcessHandle::destroyForcibly);
        if (!Deadline.in(END_TIMEOUT).await(() -> server().isEmpty())) {
            throw new Problem(
                    "the server of the disk of " + node + " does not end: process "
                            + server.map(ProcessHandle::pid).orElse(0L),
                    "look at it with ps, then run `gemel lab down` again");
        }
        try {
            Files.deleteIfExists(places.pid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the server and returns when nothing stands on the disk any more; the node's processes must have ended. */
    void end() {
        endServer();
        LoopDevices.below(places.directory()).release();
    }

    /** The process that says that it serves this very disk. */
    private Optional<ProcessHandle> server() {
        try {
            long pid = Long.parseLong(Files.readString(places.pid()).strip());
            String command = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
            boolean mine = command.contains(SERVE + "\0" + places.directory() + "\0");
            return mine ? ProcessHandle.of(pid) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            // There is no such file or no such process, or it ends in this moment.
            return Optional.empty();
        }
    }
}
