package io.gemel.protocol.wire;

import io.gemel.protocol.model.KeyAlgorithm;

/** Who signs: a device with its key, a node with its own. The key itself may lie in hardware. */
public interface Signer {

    /** Bytes of every signature. */
    int SIGNATURE_BYTES = 64;

    /** Name of the public key, see {@link KeyId}. */
    String id();

    /** How it signs. */
    KeyAlgorithm algorithm();

    /** As X.509 has it. */
    byte[] publicKey();

    /** {@link #SIGNATURE_BYTES} bytes. */
    byte[] sign(byte[] message);
}
