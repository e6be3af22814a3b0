package io.gemel.engine.cli;

import io.gemel.engine.support.Snapshot;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel snapshot}: one file for whoever is to help. */
@Command(
        name = "snapshot",
        description = "Put logs, state, configuration and the facts of this node into one file for support, without"
                + " secrets.")
final class SnapshotCommand implements Callable<Integer> {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The file that is made (default: gemel-snapshot-HOST-TIME.zip in this directory).")
    private Path out;

    @Option(names = "--log", paramLabel = "FILE", description = "Take this log too, such as the application's.")
    private List<Path> logs = List.of();

    @Option(names = "--etc", paramLabel = "DIR", defaultValue = "/etc/gemel", hidden = true)
    private Path etc;

    @Option(names = "--data", paramLabel = "DIR", defaultValue = "/var/lib/gemel", hidden = true)
    private Path data;

    @Mixin
    private Reach reach;

    @Mixin
    private OneNode node;

    @Override
    public Integer call() {
        Path file = reach.isRemote() ? fetched() : taken();
        spec.commandLine().getOut().println(file);
        spec.commandLine()
                .getOut()
                .println(
                        "  next: look through it before you send it; it tells names, addresses and what runs on the node");
        return ExitCode.OK;
    }

    private Path taken() {
        node.refuseHere();
        Path file = file(host());
        new Snapshot(etc, data, reach.run(), logs).write(file, VersionCommand.version());
        return file;
    }

    private Path file(String host) {
        return (out == null ? Path.of("gemel-snapshot-" + host + "-" + time() + ".zip") : out).toAbsolutePath();
    }

    /** Part by part; a file of that name is there only when it is whole. */
    private Path fetched() {
        if (!logs.isEmpty()) {
            throw new Problem(
                    "a log of the application is not fetched from elsewhere",
                    "gemel snapshot --log, on the node itself");
        }
        if (out != null && Files.exists(out)) {
            throw new Problem(out + " is there already", "choose another name, or remove it first");
        }
        Messages.Seen first = node.look(reach, new Messages.Look(Messages.Look.What.SNAPSHOT, 0, 0, ""));
        Path file = file(first.node());
        try {
            Path work = Files.createTempFile(file.getParent(), ".gemel-snapshot", "");
            try {
                Messages.Seen part = first;
                Base64.Decoder base64 = Base64.getDecoder();
                Files.write(work, base64.decode(part.text()));
                while (Files.size(work) < first.size()) {
                    part = node.look(
                            reach,
                            new Messages.Look(Messages.Look.What.SNAPSHOT, 0, Files.size(work), first.snapshot()));
                    Files.write(work, base64.decode(part.text()), StandardOpenOption.APPEND);
                }
                Files.move(work, file); // Never in the place of one that is there.
            } finally {
                Files.deleteIfExists(work);
            }
            return file;
        } catch (FileAlreadyExistsException e) {
            throw new Problem(file + " is there already", "choose another name, or remove it first", e);
        } catch (IOException e) {
            throw new Problem("the snapshot cannot be written: " + e, "look at the space and the rights of " + file, e);
        }
    }

    private static String time() {
        return ZonedDateTime.now(ZoneOffset.UTC).format(TIME);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "node";
        }
    }
}
