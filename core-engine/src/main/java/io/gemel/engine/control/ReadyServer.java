package io.gemel.engine.control;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For load balancers and nobody else: {@code GET /v1/modules/NAME/ready} is answered with 200 where the module serves, else
 * with 503 and what it is instead, 404 for a module that is not here. Anybody may ask; nothing can be changed.
 */
public final class ReadyServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReadyServer.class);
    private static final Pattern PATH = Pattern.compile("/v1/modules/([a-z0-9-]{1,32})/ready");
    private static final int WAITING_CONNECTIONS = 64;
    private static final long REOPEN_MS = 2_000;

    private static final int NOT_FOUND = 404;
    private static final int BAD_METHOD = 405;

    /** Bounds of the JDK's server, which it takes from the properties of the process when it first runs. */
    private static final String MOST_CONNECTIONS = "256";

    private static final String MOST_SECONDS = "5";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final String node;
    private final CommandService service;

    private ReadyServer(HttpServer server, String node, CommandService service) {
        this.server = server;
        this.node = node;
        this.service = service;
    }

    /** Listens; a {@link Problem} when it cannot. */
    public static ReadyServer open(InetSocketAddress listen, String node, CommandService service) {
        bound("jdk.httpserver.maxConnections", MOST_CONNECTIONS);
        bound("sun.net.httpserver.maxReqTime", MOST_SECONDS);
        bound("sun.net.httpserver.maxRspTime", MOST_SECONDS);
        try {
            HttpServer server = HttpServer.create(listen, WAITING_CONNECTIONS);
            ReadyServer ready = new ReadyServer(server, node, service);
            server.setExecutor(ready.threads);
            server.createContext("/", ready::answer);
            server.start();
            return ready;
        } catch (IOException e) {
            throw new Problem(
                    "the engine cannot listen at " + listen.getAddress().getHostAddress() + " port " + listen.getPort()
                            + " for load balancers: " + e.getMessage(),
                    "ready in this node's [[node]] of cluster.toml needs an address of this node and a free port",
                    e);
        }
    }

    /** As {@link #open}, but goes on trying: an address that is not there yet must not keep the engine from running. */
    public static AutoCloseable keepOpen(InetSocketAddress listen, String node, CommandService service) {
        AtomicReference<ReadyServer> open = new AtomicReference<>();
        CountDownLatch closed = new CountDownLatch(1);
        Thread opener = Thread.ofVirtual().name("ready-opener").start(() -> {
            boolean complained = false;
            try {
                do {
                    try {
                        open.set(open(listen, node, service));
                        return;
                    } catch (Problem e) {
                        if (!complained) {
                            LOG.warn("{}; it tries again until it can ({})", e.what(), e.nextStep());
                        }
                        complained = true;
                    }
                } while (!closed.await(REOPEN_MS, TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return () -> {
            closed.countDown();
            opener.join();
            if (open.get() != null) {
                open.get().close();
            }
        };
    }

    private static void bound(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Matcher path = PATH.matcher(exchange.getRequestURI().getPath());
            String method = exchange.getRequestMethod();
            if (!path.matches()) {
                say(exchange, NOT_FOUND, "nothing is here but /v1/modules/NAME/ready");
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                say(exchange, BAD_METHOD, "only GET and HEAD");
            } else {
                ReadyAnswer answer = ReadyAnswer.of(service, node, path.group(1));
                say(exchange, answer.code(), answer.text());
            }
        }
    }

    private static void say(HttpExchange exchange, int code, String text) throws IOException {
        byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("Connection", "close");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(code, -1);
            return;
        }
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
