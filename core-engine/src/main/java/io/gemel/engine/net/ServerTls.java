package io.gemel.engine.net;

import javax.net.ssl.SSLEngine;

/** TLS 1.3 for servers of this node whose clients pin the node's key. */
public final class ServerTls {

    private final NodeTls tls;

    /** Shows this key. */
    public ServerTls(NodeKey key) {
        tls = new NodeTls(key);
    }

    /** For one connection. */
    public SSLEngine engine() {
        return tls.engineForClients();
    }
}
