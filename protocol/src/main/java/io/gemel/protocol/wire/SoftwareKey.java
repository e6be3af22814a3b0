package io.gemel.protocol.wire;

import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Problem;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;

/** A key that this process holds itself. */
public final class SoftwareKey implements Signer {

    private static final String SEPARATOR = " ";
    private static final int PARTS = 3;

    private final KeyAlgorithm algorithm;
    private final byte[] publicKey;
    private final PrivateKey privateKey;
    private final String id;
    private final Optional<Ed25519Key> ed25519;

    private SoftwareKey(KeyAlgorithm algorithm, byte[] publicKey, PrivateKey privateKey) {
        this.algorithm = algorithm;
        this.publicKey = publicKey;
        this.privateKey = privateKey;
        this.id = KeyId.of(publicKey);
        this.ed25519 = algorithm == KeyAlgorithm.ED25519 ? Optional.of(Ed25519Key.of(privateKey)) : Optional.empty();
    }

    /** Makes a new one. */
    public static SoftwareKey generate(KeyAlgorithm algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(Signatures.family(algorithm));
            if (algorithm == KeyAlgorithm.ES256) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            }
            KeyPair pair = generator.generateKeyPair();
            return new SoftwareKey(algorithm, pair.getPublic().getEncoded(), pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw unusable(e);
        }
    }

    /** One that {@link #text} wrote; a {@link Problem} when it is none. */
    public static SoftwareKey ofText(String text) {
        String[] parts = text.strip().split(SEPARATOR, -1);
        try {
            if (parts.length != PARTS) {
                throw new IllegalArgumentException("expected " + PARTS + " words");
            }
            KeyAlgorithm algorithm = KeyAlgorithm.valueOf(parts[0]);
            byte[] publicKey = Base64.getDecoder().decode(parts[1]);
            Signatures.key(algorithm, publicKey);
            return new SoftwareKey(
                    algorithm,
                    publicKey,
                    KeyFactory.getInstance(Signatures.family(algorithm))
                            .generatePrivate(
                                    new PKCS8EncodedKeySpec(Base64.getDecoder().decode(parts[2]))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new Problem(
                    "the key cannot be read: " + e.getMessage(), "restore it, or delete it and pair again", e);
        }
    }

    /** The whole key in a line, private part included: algorithm, public key (X.509), private key (PKCS #8). */
    public String text() {
        return String.join(
                SEPARATOR,
                algorithm.name(),
                Base64.getEncoder().encodeToString(publicKey),
                Base64.getEncoder().encodeToString(privateKey.getEncoded()));
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public KeyAlgorithm algorithm() {
        return algorithm;
    }

    @Override
    public byte[] publicKey() {
        return publicKey.clone();
    }

    @Override
    public byte[] sign(byte[] message) {
        if (ed25519.isPresent()) {
            return ed25519.get().sign(message);
        }
        try {
            Signature signature = Signature.getInstance(Signatures.name(algorithm));
            signature.initSign(privateKey);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw unusable(e);
        }
    }

    private static Problem unusable(GeneralSecurityException e) {
        return new Problem("this Java cannot sign: " + e.getMessage(), "see that the Java runtime is whole", e);
    }
}
