package io.gemel.engine.control;

import io.gemel.engine.net.NodeKey;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.wire.Signer;

/** The node's key, as the protocol signs with it. */
public final class NodeSigner implements Signer {

    private final NodeKey key;

    /** Signs with this key. */
    public NodeSigner(NodeKey key) {
        this.key = key;
    }

    @Override
    public String id() {
        return key.keyHash();
    }

    @Override
    public KeyAlgorithm algorithm() {
        return KeyAlgorithm.ED25519;
    }

    @Override
    public byte[] publicKey() {
        return key.publicKey();
    }

    @Override
    public byte[] sign(byte[] message) {
        return key.sign(message);
    }
}
