package io.gemel.engine.net;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS 1.3 as the node link uses it: each side shows its node key and proves that it holds it.
 *
 * <p>TLS only proves which key the other side holds. Whether that key is the pinned one is decided in one place, by
 * {@link Handshake}, before anything the other side says is looked at: a refusal there can tell both sides
 * both hashes, where a TLS alert would leave one of them with "certificate unknown".
 */
final class NodeTls {

    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final String[] CIPHER_SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private final SSLContext context;

    NodeTls(NodeKey key) {
        try {
            context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {new OneKey(key)}, new TrustManager[] {new AnyProvenKey()}, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }

    /** An engine for one connection; without a host name, so that no session is ever resumed. */
    SSLEngine engine(boolean dialer) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(dialer);
        if (!dialer) {
            engine.setNeedClientAuth(true);
        }
        engine.setEnabledProtocols(PROTOCOLS.clone());
        engine.setEnabledCipherSuites(CIPHER_SUITES.clone());
        return engine;
    }

    /** An engine for one connection of a client that shows no certificate: it proves its key above TLS. */
    SSLEngine engineForClients() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setEnabledProtocols(PROTOCOLS.clone());
        engine.setEnabledCipherSuites(CIPHER_SUITES.clone());
        return engine;
    }

    /** Shows this node's key whatever the other side asks for. */
    private static final class OneKey extends X509ExtendedKeyManager {

        private static final String ALIAS = "node";

        private final NodeKey key;

        OneKey(NodeKey key) {
            this.key = key;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return ALIAS;
        }

        @Override
        public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
            return ALIAS;
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return ALIAS;
        }

        @Override
        public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
            return ALIAS;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {key.certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key.privateKey();
        }
    }

    /** Lets every key through to the pin check of {@link Handshake}; TLS itself has proven its possession then. */
    private static final class AnyProvenKey extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            requireOne(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            requireOne(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            requireOne(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            requireOne(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            requireOne(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            requireOne(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }

        private static void requireOne(X509Certificate[] chain) throws CertificateException {
            if (chain == null || chain.length != 1) {
                throw new CertificateException("a node shows exactly one certificate");
            }
        }
    }
}
