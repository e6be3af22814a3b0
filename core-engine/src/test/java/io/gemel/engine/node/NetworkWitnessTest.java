package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.gemel.engine.module.WitnessConfig;
import io.gemel.engine.testing.RequiresRoot;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NetworkWitnessTest {

    /** Reserved, RFC 1112: nobody answers. */
    private static final String NOBODY = "240.0.0.1";

    private static int closedPort() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return server.getLocalPort();
        }
    }

    private static String asked(WitnessConfig... witnesses) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        NetworkWitness.of(List.of(witnesses))
                .ask("app", 1, (granted, exact, reason) -> answer.complete(granted + " " + exact + " " + reason));
        return answer.get(Witness.ANSWER_MS + 5_000, TimeUnit.MILLISECONDS);
    }

    @Test
    void withoutAWitnessANodeDecidesByItself() throws Exception {
        assertThat(asked()).startsWith("true false");
    }

    @Test
    void aPortThatAcceptsIsAWitnessAndOneThatDoesNotIsNone() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
            assertThat(asked(new WitnessConfig(WitnessConfig.Kind.TCP, "127.0.0.1:" + port)))
                    .startsWith("true false")
                    .contains("answers");
        }
        assertThat(asked(new WitnessConfig(WitnessConfig.Kind.TCP, "127.0.0.1:" + port)))
                .startsWith("false false")
                .contains("no witness answers");
    }

    @Test
    void oneOfSeveralIsEnough() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/good", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort();
            WitnessConfig nobody = new WitnessConfig(WitnessConfig.Kind.TCP, "127.0.0.1:" + closedPort());
            assertThat(asked(nobody, new WitnessConfig(WitnessConfig.Kind.HTTP, url + "/good")))
                    .startsWith("true");
            assertThat(asked(nobody, new WitnessConfig(WitnessConfig.Kind.HTTP, url + "/other")))
                    .startsWith("false");
        } finally {
            server.stop(0);
        }
    }

    @Test
    @RequiresRoot
    void aMachineThatAnswersAPingIsAWitness() throws Exception {
        assertThat(asked(new WitnessConfig(WitnessConfig.Kind.PING, "127.0.0.1")))
                .startsWith("true");
        assertThat(asked(new WitnessConfig(WitnessConfig.Kind.PING, NOBODY))).startsWith("false");
    }
}
