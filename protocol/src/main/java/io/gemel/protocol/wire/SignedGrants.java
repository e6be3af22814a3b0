package io.gemel.protocol.wire;

import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;

/**
 * A version of the grants as it was signed.
 *
 * @param document JSON of {@link Grants}; exactly these bytes, in UTF-8, are signed
 * @param signer id of the device, or of the cluster's root key, which is the cluster's id
 * @param algorithm how it signed
 * @param publicKey the signer's, in Base64
 * @param signature in Base64
 */
public record SignedGrants(String document, String signer, KeyAlgorithm algorithm, String publicKey, String signature) {

    private static final String CONTEXT = "gemel/1 grants";

    public SignedGrants {
        Objects.requireNonNull(document, "document");
        Objects.requireNonNull(signer, "signer");
        Objects.requireNonNull(algorithm, "algorithm");
        Objects.requireNonNull(publicKey, "publicKey");
        Objects.requireNonNull(signature, "signature");
    }

    /** Signs a version. */
    public static SignedGrants sign(Grants grants, Signer key) {
        String document = Json.write(Grants.class, grants);
        return new SignedGrants(
                document,
                key.id(),
                key.algorithm(),
                Base64.getEncoder().encodeToString(key.publicKey()),
                Base64.getEncoder().encodeToString(key.sign(input(grants.cluster(), document))));
    }

    private static byte[] input(String cluster, String document) {
        return SigningInput.of(CONTEXT)
                .text(cluster)
                .bytes(document.getBytes(StandardCharsets.UTF_8))
                .encoded();
    }

    /** Whether the holder of the signer's key signed it for this cluster; says nothing of whether he may. */
    public boolean isSigned(String cluster) {
        byte[] key = Base64Bytes.orNone(publicKey);
        return KeyId.of(key).equals(signer)
                && Signatures.isSigned(algorithm, key, input(cluster, document), Base64Bytes.orNone(signature));
    }

    /** The version; a {@link WireException} when it is none. Only after {@link #isSigned}. */
    public Grants grants() {
        return Json.read(Grants.class, document);
    }

    /** Names this version: what the next one says that it follows. */
    public String hash() {
        return "sha256:"
                + Hex.of(SigningInput.of("gemel/1 version of grants")
                        .text(document)
                        .text(signer)
                        .text(signature)
                        .hash());
    }
}
