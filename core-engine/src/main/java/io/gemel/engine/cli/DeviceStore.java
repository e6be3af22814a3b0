package io.gemel.engine.cli;

import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.SoftwareKey;
import io.gemel.protocol.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** What this machine keeps as a device: its key, and the clusters that it was paired with. Only its user can read it. */
final class DeviceStore {

    private static final String KEY = "device.key";
    private static final String SUFFIX = ".json";
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    private final Path dir;

    DeviceStore(Path dir) {
        this.dir = dir;
    }

    /** Where it is when nothing else is said. */
    static Path standard() {
        String xdg = System.getenv("XDG_CONFIG_HOME");
        Path base = xdg == null || xdg.isEmpty() ? Path.of(System.getProperty("user.home"), ".config") : Path.of(xdg);
        return base.resolve("gemel");
    }

    /** The key of this device, made when it is first needed. */
    SoftwareKey key() {
        try {
            Path file = dir.resolve(KEY);
            if (!Files.exists(file)) {
                write(file, SoftwareKey.generate(KeyAlgorithm.ED25519).text() + "\n");
            }
            return SoftwareKey.ofText(Files.readString(file));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private void write(Path file, String text) throws IOException {
        Files.createDirectories(
                file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path work = Files.createTempFile(
                file.getParent(),
                ".new",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(work, text);
        Files.move(work, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Problem unusable(IOException e) {
        return new Problem(
                "what this device keeps in " + dir + " cannot be used: " + e.getMessage(),
                "see that the directory is yours and has room",
                e);
    }

    /** Keeps how a cluster is reached, under its name. */
    void keep(ClusterAccess access) {
        try {
            write(file(access.name()), Json.write(ClusterAccess.class, access) + "\n");
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private Path file(String name) {
        if (!name.matches(NAME)) {
            throw new Problem("\"" + name + "\" cannot be the name of a cluster here", "letters, digits, . _ -");
        }
        return dir.resolve("clusters").resolve(name + SUFFIX);
    }

    /** How a cluster is reached; a {@link Problem} names those that are known. */
    ClusterAccess cluster(String name) {
        try {
            Path file = file(name);
            if (!Files.exists(file)) {
                List<String> known = names();
                throw new Problem(
                        "this device is not paired with a cluster \"" + name + "\"",
                        known.isEmpty()
                                ? "gemel pair TEXT, with the text that gemel pair --role ... shows on a node"
                                : "one of: " + String.join(", ", known));
            }
            return Json.read(ClusterAccess.class, Files.readString(file));
        } catch (IOException e) {
            throw unusable(e);
        } catch (WireException e) {
            throw new Problem("what is kept of " + name + " cannot be read: " + e.getMessage(), "pair again", e);
        }
    }

    private List<String> names() throws IOException {
        Path clusters = dir.resolve("clusters");
        if (!Files.isDirectory(clusters)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(clusters)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(SUFFIX))
                    .map(file -> file.substring(0, file.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
        }
    }
}
