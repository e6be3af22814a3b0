package io.gemel.engine.module;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A cluster.toml that Gemel itself writes: for a new cluster, and on the server that joins. It is on the disk, whole and
 * without mistakes, or not there at all.
 */
public final class ClusterFile {

    /** More than any such file has: where this fits, it fits too. */
    private static final int PROBE_BYTES = 64 << 10;

    private ClusterFile() {}

    /**
     * One node of a new cluster.
     *
     * @param key hash of its key, with {@code sha256:}
     * @param addresses its address on each network, by the network's name
     */
    public record Member(String name, String key, Map<String, String> addresses) {
        public Member {
            addresses = Map.copyOf(addresses);
        }
    }

    /** Where it is. */
    public static Path in(Path etcDir) {
        return etcDir.resolve(ClusterParser.FILE);
    }

    /** The address that a text is, in numbers; empty when it is none. */
    public static Optional<InetAddress> address(String text) {
        return IpLiteral.parse(text);
    }

    /** The text for a cluster whose nodes are joined by these networks, the first of which carries the replication. */
    public static String text(String name, String id, List<String> networks, List<Member> nodes) {
        StringBuilder toml = new StringBuilder("# Made by gemel init; the same on both nodes.\n\n[cluster]\n");
        toml.append("name = \"").append(name).append("\"\n");
        toml.append("id = \"").append(id).append("\"\n");
        for (String network : networks) {
            toml.append("\n[[network]]\nname = \"").append(network).append("\"\n");
        }
        for (Member node : nodes) {
            toml.append("\n[[node]]\nname = \"").append(node.name()).append("\"\n");
            toml.append("key = \"").append(node.key()).append("\"\n");
            toml.append("addresses = { ")
                    .append(networks.stream()
                            .filter(node.addresses()::containsKey)
                            .map(network -> network + " = \"" + node.addresses().get(network) + "\"")
                            .collect(Collectors.joining(", ")))
                    .append(" }\n");
        }
        return toml.toString();
    }

    /** Finds out whether one could be written now, before anything depends on it; a {@link Problem} when not. */
    public static void probe(Path etcDir) {
        Path probe = null;
        try {
            Files.createDirectories(etcDir);
            probe = Files.createTempFile(etcDir, ".room-for-cluster-toml", "");
            writeDurably(probe, "#".repeat(PROBE_BYTES));
        } catch (IOException e) {
            throw unwritable(etcDir, e);
        } finally {
            delete(probe);
        }
    }

    /**
     * Writes one where there is none; it is on the disk on return.
     *
     * @throws Problem that says why not: there is one already, it has mistakes, there is no room. Nothing was changed then
     */
    public static void create(Path etcDir, String text) {
        Path work = null;
        try {
            Files.createDirectories(etcDir);
            work = Files.createTempDirectory(etcDir, ".new-cluster");
            Path made = work.resolve(ClusterParser.FILE);
            writeDurably(made, text);
            refuseMistakes(work);
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-r--r--"));
            if (Files.exists(in(etcDir))) {
                throw new FileAlreadyExistsException(in(etcDir).toString());
            }
            Files.move(made, in(etcDir), StandardCopyOption.ATOMIC_MOVE);
            sync(etcDir);
        } catch (FileAlreadyExistsException e) {
            throw there(etcDir, e);
        } catch (IOException e) {
            throw unwritable(etcDir, e);
        } finally {
            delete(work == null ? null : work.resolve(ClusterParser.FILE));
            delete(work);
        }
    }

    /** Removes one that {@link #create} wrote, if it is still the same. */
    public static void takeBack(Path etcDir, String text) {
        try {
            if (Files.readString(in(etcDir)).equals(text)) {
                Files.delete(in(etcDir));
                sync(etcDir);
            }
        } catch (IOException e) {
            throw new Problem(
                    in(etcDir) + " names a second node that was not let in, and cannot be removed: " + e.getMessage(),
                    "remove it by hand, then gemel init",
                    e);
        }
    }

    /** A {@link Problem} when this server belongs to a cluster already. */
    public static void refuseSecond(Path etcDir) {
        if (Files.exists(in(etcDir))) {
            throw there(etcDir, null);
        }
    }

    private static Problem there(Path etcDir, Throwable cause) {
        String name = ClusterParser.parse(etcDir).name();
        return new Problem(
                "this server belongs to the cluster " + (name.isEmpty() ? "" : "\"" + name + "\" ") + "already: "
                        + in(etcDir) + " is there",
                "gemel state shows that cluster; to begin anew stop the engine and move that file away",
                cause);
    }

    private static void refuseMistakes(Path directory) {
        List<ConfigMistake> mistakes = Configuration.check(directory).mistakes();
        if (!mistakes.isEmpty()) {
            throw new Problem(
                    "the configuration of the cluster would have a mistake: "
                            + mistakes.getFirst().sentence(directory.toAbsolutePath()),
                    "correct what was given, and begin again");
        }
    }

    private static void writeDurably(Path file, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Problem unwritable(Path etcDir, IOException e) {
        String why = String.valueOf(e.getMessage());
        if (e instanceof AccessDeniedException) {
            return new Problem(in(etcDir) + " cannot be written by this user", "run it as root: sudo gemel ...", e);
        }
        if (why.contains("No space left")) {
            return new Problem(
                    "the disk of " + etcDir + " is full: cluster.toml cannot be written", "make room, begin again", e);
        }
        return new Problem(
                in(etcDir) + " cannot be written: " + why, "see the file system and the rights of " + etcDir, e);
    }

    private static void delete(Path path) {
        try {
            if (path != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // What is left begins with a dot and is never read.
        }
    }
}
