package io.gemel.protocol.wire;

import io.gemel.protocol.model.KeyAlgorithm;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;

/** Checks signatures: Ed25519 by {@link Ed25519Key}, ES256 by the Java runtime's own providers. */
public final class Signatures {

    private Signatures() {}

    /** Whether the holder of a key signed a message; false for anything that is no key or no signature. */
    public static boolean isSigned(KeyAlgorithm algorithm, byte[] publicKey, byte[] message, byte[] signature) {
        if (signature.length != Signer.SIGNATURE_BYTES) {
            return false;
        }
        if (algorithm == KeyAlgorithm.ED25519) {
            return Ed25519Key.isSigned(publicKey, message, signature);
        }
        try {
            Signature check = Signature.getInstance(name(algorithm));
            check.initVerify(key(algorithm, publicKey));
            check.update(message);
            return check.verify(signature);
        } catch (GeneralSecurityException | RuntimeException e) {
            // Some providers throw unchecked on malformed keys: neither is a signature.
            return false;
        }
    }

    /** Whether these bytes are a public key of that kind. */
    public static boolean isKey(KeyAlgorithm algorithm, byte[] publicKey) {
        if (algorithm == KeyAlgorithm.ED25519) {
            return Ed25519Key.isKey(publicKey);
        }
        try {
            return key(algorithm, publicKey) != null;
        } catch (GeneralSecurityException | RuntimeException e) {
            return false;
        }
    }

    static PublicKey key(KeyAlgorithm algorithm, byte[] publicKey) throws GeneralSecurityException {
        return KeyFactory.getInstance(family(algorithm)).generatePublic(new X509EncodedKeySpec(publicKey));
    }

    static String family(KeyAlgorithm algorithm) {
        return algorithm == KeyAlgorithm.ED25519 ? "Ed25519" : "EC";
    }

    static String name(KeyAlgorithm algorithm) {
        return algorithm == KeyAlgorithm.ED25519 ? "Ed25519" : "SHA256withECDSAinP1363Format";
    }
}
