package io.gemel.engine.control;

import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The cluster's root key: its hash is the cluster's id, it signs the first grants, and it is then needed only when no
 * ADMIN device is left. It lies on the node where it was made, readable by root, and may be moved to a safe place.
 */
public final class RootKey {

    private static final String FILE = "root.key";
    private static final Set<PosixFilePermission> OTHERS = PosixFilePermissions.fromString("---rwxrwx");

    private RootKey() {}

    /** Where it is, beside the node's key in the directory. */
    public static Path file(Path keys) {
        return keys.resolve(FILE);
    }

    /** Makes it where there is none; never in the place of one that is there. */
    public static SoftwareKey loadOrCreate(Path keys) {
        Path file = file(keys);
        if (!Files.exists(file)) {
            try {
                Path work = Files.createTempFile(
                        keys,
                        ".root",
                        "",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                try {
                    Files.writeString(
                            work, SoftwareKey.generate(KeyAlgorithm.ED25519).text() + "\n");
                    Files.createLink(file, work);
                } catch (FileAlreadyExistsException e) {
                    return load(keys); // another process was faster
                } finally {
                    Files.delete(work);
                }
            } catch (IOException e) {
                throw new Problem(
                        "the cluster's root key " + file + " cannot be made: " + e.getMessage(),
                        "run it as root: sudo gemel init --root",
                        e);
            }
        }
        return load(keys);
    }

    /** Loads it; a {@link Problem} when it is not there or others can read it. */
    public static SoftwareKey load(Path keys) {
        Path file = file(keys);
        try {
            if (!Files.exists(file)) {
                throw new Problem(
                        "the cluster's root key is not on this node (" + file + ")",
                        "do it on the node where gemel init --root ran, or from an ADMIN device: --cluster NAME");
            }
            if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
                throw new Problem(
                        "the cluster's root key " + file + " is open to other users of this machine",
                        "chmod 600 " + file);
            }
            return SoftwareKey.ofText(Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new Problem("the root key " + file + " cannot be read: " + e.getMessage(), "sudo gemel ...", e);
        }
    }
}
