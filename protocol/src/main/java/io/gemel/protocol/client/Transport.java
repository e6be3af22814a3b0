package io.gemel.protocol.client;

import io.gemel.protocol.wire.Handshake;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.ConnectionSpec;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.TlsVersion;

/**
 * What all clients of a process share: one OkHttp and one timer thread.
 *
 * <p>OkHttp reads each WebSocket in a task of its own that mostly waits. With an executor of virtual threads a fleet of
 * a thousand clusters takes the few platform threads below them; with the default each connection takes one thread.
 */
public final class Transport implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(3);
    /** A node that does not answer for so long is replaced by the other. */
    private static final Duration PING = Duration.ofSeconds(4);

    private static final int MOST_CONNECTIONS = 4_096;

    private final OkHttpClient http;
    private final ExecutorService readers;
    private final ScheduledExecutorService timer;
    private final SecureRandom random = new SecureRandom();

    private Transport(ExecutorService readers) {
        this.readers = readers;
        Dispatcher dispatcher = new Dispatcher(readers);
        dispatcher.setMaxRequests(MOST_CONNECTIONS);
        dispatcher.setMaxRequestsPerHost(MOST_CONNECTIONS);
        ConnectionSpec tls = new ConnectionSpec.Builder(ConnectionSpec.RESTRICTED_TLS)
                .tlsVersions(TlsVersion.TLS_1_3)
                .build();
        http = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectionSpecs(List.of(tls))
                .protocols(List.of(Protocol.HTTP_1_1))
                .connectTimeout(CONNECT)
                .readTimeout(Duration.ZERO)
                .pingInterval(PING)
                .followRedirects(false)
                .retryOnConnectionFailure(false)
                .build();
        ScheduledThreadPoolExecutor one = new ScheduledThreadPoolExecutor(1, daemons("gemel-timer"));
        one.setRemoveOnCancelPolicy(true);
        timer = one;
    }

    /** One whose readers run in daemon threads of their own. */
    public static Transport create() {
        return new Transport(Executors.newCachedThreadPool(daemons("gemel-reader")));
    }

    /**
     * One whose readers run as tasks of an executor.
     *
     * @param readers is closed with the transport; must not bound how many tasks run at once
     */
    public static Transport on(ExecutorService readers) {
        return new Transport(readers);
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    OkHttpClient http() {
        return http;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    byte[] nonce() {
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        random.nextBytes(nonce);
        return nonce;
    }

    /** A number from 0 to 1, so that a thousand clients do not all come back at once. */
    double jitter() {
        return random.nextDouble();
    }

    /** Ends every connection; clients should be closed before. */
    @Override
    public void close() {
        timer.shutdownNow();
        http.dispatcher().cancelAll();
        http.connectionPool().evictAll();
        readers.shutdownNow();
    }
}
