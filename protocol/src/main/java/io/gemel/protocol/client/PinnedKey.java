package io.gemel.protocol.client;

import io.gemel.protocol.wire.KeyId;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import okhttp3.OkHttpClient;

/** Lets exactly one key through, whatever the certificate around it says; TLS proves that the other side holds it. */
final class PinnedKey extends X509ExtendedTrustManager {

    private final String node;
    private volatile byte[] proven = {};

    PinnedKey(String node) {
        this.node = node;
    }

    /** The public key that passed; none before a connection stands. */
    byte[] proven() {
        return proven.clone();
    }

    /** A client that connects to the holder of this key only; it shares everything else with the other. */
    OkHttpClient pinning(OkHttpClient http) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(null, new TrustManager[] {this}, null);
            return http.newBuilder()
                    .sslSocketFactory(context.getSocketFactory(), this)
                    .hostnameVerifier((host, session) -> proven.length > 0)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has TLS 1.3", e);
        }
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        if (chain.length != 1) {
            throw new CertificateException("a node shows one certificate, not " + chain.length);
        }
        byte[] key = chain[0].getPublicKey().getEncoded();
        if (!KeyId.of(key).equals(node)) {
            throw new WrongKeyException(KeyId.of(key));
        }
        proven = key;
    }

    /** The other side proved another key than the pinned one. */
    static final class WrongKeyException extends CertificateException {
        private static final long serialVersionUID = 1L;
        private final String key;

        WrongKeyException(String key) {
            super("the key " + key + " is not the pinned one");
            this.key = key;
        }

        String key() {
            return key;
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("nobody is a client here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("nobody is a client here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("nobody is a client here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
