package io.gemel.engine.module;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell program that gives up what a module holds on this node, for whoever is left when no engine can be had any more:
 * its addresses go, its application stops; with the argument {@code addresses} only the addresses. It is there exactly
 * while the module may hold something.
 */
public final class ReleaseProgram {

    private static final Logger LOG = LoggerFactory.getLogger(ReleaseProgram.class);

    private final Path file;
    private final ModuleConfig module;
    private final String node;

    /**
     * @param directory where the programs are
     * @param node this node's name
     */
    public ReleaseProgram(Path directory, ModuleConfig module, String node) {
        this.file = directory.resolve(module.name());
        this.module = module;
        this.node = node;
    }

    /** The module is about to hold something. What cannot be written is logged. */
    public void write() {
        Path next = file.resolveSibling("." + module.name() + ".new");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(next, text());
            Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwx------"));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.error(
                    "{} cannot be written, so nobody can release the module without an engine: {}",
                    file,
                    e.getMessage());
        }
    }

    /** The module holds nothing any more. */
    public void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.error("{} cannot be removed: {}", file, e.getMessage());
        }
    }

    private String text() {
        StringBuilder text =
                new StringBuilder("#!/bin/sh\n# Releases module " + module.name() + " when there is no engine\n");
        for (VirtualIp virtualIp : module.virtualIps()) {
            text.append("ip -o address show to ")
                    .append(virtualIp.host())
                    .append(" | while read -r number interface family address rest; do\n")
                    .append("    ip address del \"$address\" dev \"$interface\"\ndone\n");
        }
        text.append("[ \"${1:-}\" != addresses ] || exit 0\n");
        Map<String, String> variables = new TreeMap<>(new Script(module, node).variables("STOP", ""));
        variables.forEach((name, value) -> text.append("export ")
                .append(name)
                .append('=')
                .append(quoted(value))
                .append('\n'));
        text.append("cd ")
                .append(quoted(module.folder().toAbsolutePath().toString()))
                .append(" || exit 1\n");
        String stop = quoted(module.bin()
                .resolve(Script.Name.STOP_PRIM.file())
                .toAbsolutePath()
                .toString());
        text.append("[ ! -x ").append(stop).append(" ] || ").append(stop).append('\n');
        for (String unit : module.services().reversed()) {
            text.append("systemctl stop ").append(quoted(unit)).append('\n');
        }
        return text.toString();
    }

    /** As one word of the shell. */
    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
