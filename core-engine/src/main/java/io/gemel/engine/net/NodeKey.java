package io.gemel.engine.net;

import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Ed25519Key;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Ed25519 key by which the other nodes know this node, with the self-signed certificate that TLS carries it in.
 *
 * <p>Both lie in one PKCS12 file of mode 0600. Its password is a constant: a random one would have to lie beside the
 * file, would protect nothing that the file's mode does not, and could be lost separately. The certificate's name and
 * dates mean nothing, since peers pin the key and clocks may be wrong.
 */
public final class NodeKey {

    private static final String FILE_NAME = "node.p12";
    private static final String ALIAS = "node";
    private static final String PASSWORD = "gemel-node";
    private static final String VALIDITY_DAYS = "36500";
    private static final String ALGORITHM = "Ed25519";
    private static final String HASH_PREFIX = "sha256:";
    private static final int KEYTOOL_TIMEOUT_S = 60;
    private static final Set<PosixFilePermission> OTHERS_ANY = PosixFilePermissions.fromString("---rwxrwx");
    private static final Set<PosixFilePermission> OTHERS_WRITE = PosixFilePermissions.fromString("----w--w-");

    private final PrivateKey privateKey;
    private final X509Certificate certificate;
    private final String keyHash;

    private NodeKey(PrivateKey privateKey, X509Certificate certificate) {
        this.privateKey = privateKey;
        this.certificate = certificate;
        this.keyHash = hashOf(certificate);
    }

    /** Loads the key in the directory, after making the directory and the key where there is none yet. */
    public static NodeKey loadOrCreate(Path dir) {
        if (!Files.exists(dir.resolve(FILE_NAME))) {
            try {
                Files.createDirectories(
                        dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                create(dir);
            } catch (IOException e) {
                throw new Problem(
                        "The node key " + dir.resolve(FILE_NAME) + " cannot be made: " + e.getMessage(),
                        "Make " + dir + " a directory that the engine's user can write to",
                        e);
            }
        }
        return load(dir);
    }

    /** Loads the key in the directory; a {@link Problem} when it is missing, damaged or open to other users. */
    public static NodeKey load(Path dir) {
        Path file = dir.resolve(FILE_NAME);
        try {
            checkModes(dir, file);
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD.toCharArray());
            }
            if (store.getKey(ALIAS, PASSWORD.toCharArray()) instanceof PrivateKey key
                    && store.getCertificate(ALIAS) instanceof X509Certificate certificate) {
                return new NodeKey(key, certificate);
            }
            throw damaged(file, "it has no entry \"" + ALIAS + "\"", null);
        } catch (IOException | GeneralSecurityException e) {
            throw damaged(file, e.getMessage(), e);
        }
    }

    /** Hash of the public key that the peers pin: {@code sha256:} and 64 lower-case hexadecimal digits. */
    public String keyHash() {
        return keyHash;
    }

    /** Hash of the public key in the certificate, as {@link #keyHash()}. */
    public static String hashOf(X509Certificate certificate) {
        return hashOf(certificate.getPublicKey());
    }

    /** SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280), as {@link #keyHash()}. */
    public static String hashOf(PublicKey key) {
        return hashOf(key.getEncoded());
    }

    /** As {@link #hashOf(PublicKey)}, of a key as X.509 has it. */
    public static String hashOf(byte[] encodedKey) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(encodedKey);
            return HASH_PREFIX + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The public key as X.509 has it (RFC 8410). */
    public byte[] publicKey() {
        return certificate.getPublicKey().getEncoded();
    }

    /** Signs a message (Ed25519, RFC 8032). */
    public byte[] sign(byte[] message) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(privateKey);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new Problem("the node key cannot sign: " + e.getMessage(), "see that the JDK is whole", e);
        }
    }

    /**
     * Whether the holder of a public key signed a message.
     *
     * @param encodedKey as {@link #publicKey}
     */
    public static boolean isSigned(byte[] encodedKey, byte[] message, byte[] proof) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encodedKey)));
            signature.update(message);
            return signature.verify(proof);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** For whoever signs much; {@link #sign} costs less where it is done once. */
    public Ed25519Key signing() {
        return Ed25519Key.of(privateKey);
    }

    PrivateKey privateKey() {
        return privateKey;
    }

    X509Certificate certificate() {
        return certificate;
    }

    private static void checkModes(Path dir, Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new Problem("There is no node key at " + file, "Run gemel init --key on this node");
        }
        if (intersects(Files.getPosixFilePermissions(file), OTHERS_ANY)) {
            throw new Problem(
                    "The node key " + file + " is open to other users of this machine",
                    "Run chmod 600 " + file + "; if somebody may have copied it, delete it and run gemel init --key");
        }
        if (intersects(Files.getPosixFilePermissions(dir), OTHERS_WRITE)) {
            throw new Problem("Other users of this machine can replace the node key in " + dir, "Run chmod 700 " + dir);
        }
    }

    private static boolean intersects(Set<PosixFilePermission> has, Set<PosixFilePermission> bad) {
        EnumSet<PosixFilePermission> both = EnumSet.copyOf(bad);
        both.retainAll(has);
        return !both.isEmpty();
    }

    private static Problem damaged(Path file, String why, Throwable cause) {
        return new Problem(
                "The node key " + file + " cannot be read: " + why,
                "Restore the file from a backup, or delete it, run gemel init --key and put the new key hash into"
                        + " cluster.toml on both nodes",
                cause);
    }

    /** Makes the file whole or not at all, and never in the place of one that is there already. */
    private static void create(Path dir) throws IOException {
        Path work = Files.createTempDirectory(dir, ".node-key");
        try {
            Path made = work.resolve(FILE_NAME);
            runKeytool(work, made);
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            sync(made, StandardOpenOption.WRITE);
            try {
                Files.createLink(dir.resolve(FILE_NAME), made);
            } catch (FileAlreadyExistsException e) {
                return; // another process was faster; its key is this node's key
            }
            sync(dir, StandardOpenOption.READ);
        } finally {
            deleteAll(work);
        }
    }

    private static void runKeytool(Path work, Path made) throws IOException {
        Path output = work.resolve("output");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1", // it runs for an instant: the fast start is the better one
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-keyalg",
                ALGORITHM,
                "-alias",
                ALIAS,
                "-dname",
                "CN=gemel node",
                "-validity",
                VALIDITY_DAYS,
                "-storetype",
                "PKCS12",
                "-keystore",
                made.toString(),
                "-storepass",
                PASSWORD);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(KEYTOOL_TIMEOUT_S, TimeUnit.SECONDS)) {
                throw new IOException("keytool did not end within " + KEYTOOL_TIMEOUT_S + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while keytool ran", e);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException("keytool failed: " + Files.readString(output).strip());
        }
    }

    private static void sync(Path path, StandardOpenOption mode) throws IOException {
        try (FileChannel channel = FileChannel.open(path, mode)) {
            channel.force(true);
        }
    }

    private static void deleteAll(Path work) throws IOException {
        try (Stream<Path> files = Files.list(work)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(work);
    }
}
