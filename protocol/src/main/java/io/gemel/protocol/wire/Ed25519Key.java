package io.gemel.protocol.wire;

import java.security.PrivateKey;
import java.security.interfaces.EdECPrivateKey;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * An Ed25519 key that signs (RFC 8032), and the check of such signatures. The arithmetic is Bouncy Castle's: the Java
 * runtime's own takes ten times as long, which a node with many sessions and a console with many clusters feel.
 */
public final class Ed25519Key {

    /** What stands before the 32 bytes of a public key in X.509 (RFC 8410). */
    private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    private final byte[] seed;
    /** Of the seed: with another one in its place signatures would give the key away. */
    private final byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];

    private Ed25519Key(byte[] seed) {
        this.seed = seed;
        Ed25519.generatePublicKey(seed, 0, publicKey, 0);
    }

    /** The key; an {@link IllegalArgumentException} when it is of another kind, or hides its bytes. */
    public static Ed25519Key of(PrivateKey key) {
        if (key instanceof EdECPrivateKey edwards) {
            return new Ed25519Key(edwards.getBytes()
                    .filter(bytes -> bytes.length == Ed25519.SECRET_KEY_SIZE)
                    .orElseThrow(() -> new IllegalArgumentException("not an Ed25519 key of this process")));
        }
        throw new IllegalArgumentException("a key for " + key.getAlgorithm() + ", not Ed25519");
    }

    /** Signs; 64 bytes. */
    public byte[] sign(byte[] message) {
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        Ed25519.sign(seed, 0, publicKey, 0, message, 0, message.length, signature, 0);
        return signature;
    }

    /** Whether the holder of a key, as X.509 has it, signed a message; false for anything that is no key or no signature. */
    public static boolean isSigned(byte[] x509, byte[] message, byte[] signature) {
        return hasFormOfKey(x509)
                && signature.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(signature, 0, x509, X509_PREFIX.length, message, 0, message.length);
    }

    /** Whether these bytes are a public key, as X.509 has it, for which nobody can sign who does not hold its other half. */
    public static boolean isKey(byte[] x509) {
        return hasFormOfKey(x509) && Ed25519.validatePublicKeyFull(x509, X509_PREFIX.length);
    }

    private static boolean hasFormOfKey(byte[] x509) {
        return x509.length == X509_PREFIX.length + Ed25519.PUBLIC_KEY_SIZE
                && Arrays.equals(x509, 0, X509_PREFIX.length, X509_PREFIX, 0, X509_PREFIX.length);
    }
}
