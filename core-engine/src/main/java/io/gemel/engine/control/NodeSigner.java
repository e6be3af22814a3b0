package io.gemel.engine.control;

import io.gemel.engine.net.NodeKey;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.wire.Ed25519Key;
import io.gemel.protocol.wire.Signer;
import java.util.concurrent.atomic.AtomicReference;

/** The node's key, as the protocol signs with it. */
public final class NodeSigner implements Signer {

    private final NodeKey key;
    /** Made when it is first needed: an engine that starts has something better to do. */
    private final AtomicReference<Ed25519Key> signing = new AtomicReference<>();

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
        Ed25519Key ready = signing.get();
        if (ready == null) {
            ready = key.signing();
            signing.set(ready); // Of two that are made at once either is as good.
        }
        return ready.sign(message);
    }
}
