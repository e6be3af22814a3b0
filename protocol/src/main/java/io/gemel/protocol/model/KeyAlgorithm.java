package io.gemel.protocol.model;

/** How a device or node signs. Every signature is 64 bytes long. */
public enum KeyAlgorithm {
    /** Ed25519, RFC 8032. */
    ED25519,
    /** ECDSA on P-256 with SHA-256, r and s side by side (RFC 7518, section 3.4): what phones hold in hardware. */
    ES256
}
