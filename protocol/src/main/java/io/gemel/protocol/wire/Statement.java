package io.gemel.protocol.wire;

import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.NodeReport;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;

/**
 * What a node says of itself, signed by it, so that whoever passes it on can change nothing.
 *
 * @param kind what it is
 * @param node id of the node that signed it
 * @param publicKey of that node, in Base64; its hash is the id
 * @param document JSON; exactly these bytes, in UTF-8, are signed
 * @param signature in Base64
 */
public record Statement(Kind kind, String node, String publicKey, String document, String signature) {

    /** What a statement is. */
    public enum Kind {
        /** A {@link NodeReport}. */
        REPORT,
        /** A {@link LoggedEvent}. */
        EVENT
    }

    private static final String CONTEXT = "gemel/1 statement";

    public Statement {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(publicKey, "publicKey");
        Objects.requireNonNull(document, "document");
        Objects.requireNonNull(signature, "signature");
    }

    /** Signs a report. */
    public static Statement of(String cluster, Signer key, NodeReport report) {
        return sign(cluster, key, Kind.REPORT, Json.write(NodeReport.class, report));
    }

    /** Signs an event. */
    public static Statement of(String cluster, Signer key, LoggedEvent event) {
        return sign(cluster, key, Kind.EVENT, Json.write(LoggedEvent.class, event));
    }

    private static Statement sign(String cluster, Signer key, Kind kind, String document) {
        byte[] signature = key.sign(input(cluster, key.id(), kind, document));
        return new Statement(
                kind,
                key.id(),
                Base64.getEncoder().encodeToString(key.publicKey()),
                document,
                Base64.getEncoder().encodeToString(signature));
    }

    private static byte[] input(String cluster, String node, Kind kind, String document) {
        return SigningInput.of(CONTEXT)
                .text(kind.name())
                .text(cluster)
                .text(node)
                .bytes(document.getBytes(StandardCharsets.UTF_8))
                .encoded();
    }

    /** Whether the node that it names signed it for this cluster. */
    public boolean isSigned(String cluster) {
        byte[] key = Base64Bytes.orNone(publicKey);
        return KeyId.of(key).equals(node)
                && Signatures.isSigned(
                        KeyAlgorithm.ED25519, key, input(cluster, node, kind, document), Base64Bytes.orNone(signature));
    }

    /** The report; a {@link WireException} when it is none. Only after {@link #isSigned}. */
    public NodeReport report() {
        if (kind != Kind.REPORT) {
            throw new WireException("the statement is no report", null);
        }
        return Json.read(NodeReport.class, document);
    }

    /** The event; a {@link WireException} when it is none. Only after {@link #isSigned}. */
    public LoggedEvent event() {
        if (kind != Kind.EVENT) {
            throw new WireException("the statement is no event", null);
        }
        return Json.read(LoggedEvent.class, document);
    }
}
