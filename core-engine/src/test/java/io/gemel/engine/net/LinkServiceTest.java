package io.gemel.engine.net;

import static io.gemel.engine.net.NodePair.await;
import static io.gemel.engine.net.NodePair.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LinkServiceTest {

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twoNodesWithPinnedKeysGetOneLinkAndTalkBothWays(boolean encryption) throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.encryption = encryption;
            pair.n2.encryption = encryption;
            Words words1 = new Words();
            Words words2 = new Words();
            pair.n1.ears.handler = words1;
            pair.n2.ears.handler = words2;
            pair.start();
            NodeLink at1 = next(pair.n1.ears.links, "link at n1");
            NodeLink at2 = next(pair.n2.ears.links, "link at n2");
            assertThat(at1.peer()).isEqualTo("n2");
            assertThat(at2.peer()).isEqualTo("n1");
            assertThat(at1.encrypted()).isEqualTo(encryption);
            assertThat(at2.encrypted()).isEqualTo(encryption);
            at1.sendMessage("{\"hello\":\"n2\"}");
            at2.sendMessage("{\"hello\":\"n1\"}");
            assertThat(next(words2.heard, "message at n2")).isEqualTo("{\"hello\":\"n2\"}");
            assertThat(next(words1.heard, "message at n1")).isEqualTo("{\"hello\":\"n1\"}");
            assertThat(at1.bytesSent()).isPositive();
            assertThat(at2.bytesReceived()).isPositive();
        }
    }

    @Test
    void aPlainLinkCarriesItsPayloadInTheClearAndAnEncryptedOneDoesNot() throws Exception {
        for (boolean encryption : new boolean[] {true, false}) {
            try (NodePair pair = new NodePair()) {
                pair.n1.encryption = encryption;
                pair.n2.encryption = encryption;
                Words words2 = new Words();
                pair.n2.ears.handler = words2;
                pair.startN2();
                try (Proxy proxy = new Proxy(pair.n2.service.port())) {
                    pair.n2Address = NodePair.loopback(proxy.port());
                    pair.startN1();
                    pair.n2.service.register("app", pair.n2.ears);
                    pair.n1.service.register("app", pair.n1.ears);
                    next(pair.n1.ears.links, "link").sendMessage("the secret of the sea");
                    next(words2.heard, "message");
                    assertThat(proxy.saw("the secret of the sea")).isEqualTo(!encryption);
                }
            }
        }
    }

    @Test
    void aModuleGetsItsNextLinkAfterEitherSideClosedOne() throws Exception {
        try (NodePair pair = new NodePair().start()) {
            for (int round = 0; round < 3; round++) {
                NodeLink at1 = next(pair.n1.ears.links, "link at n1");
                NodeLink at2 = next(pair.n2.ears.links, "link at n2");
                (round % 2 == 0 ? at1 : at2).close("round " + round);
                List<String> ends = List.of(next(pair.n1.ears.ends, "end"), next(pair.n2.ears.ends, "end"));
                assertThat(ends).contains("round " + round);
            }
            next(pair.n1.ears.links, "link at n1");
            assertThat(pair.n1.ears.ends).isEmpty();
        }
    }

    @Test
    void anAcceptorWithAWrongKeyIsRefusedWithBothHashesOnBothSides() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n2.key = NodePair.STRANGER;
            pair.start();
            for (NodePair.Side side : List.of(pair.n1, pair.n2)) {
                assertThat(next(side.ears.refusals, "refusal"))
                        .contains(NodePair.KEY_2.keyHash())
                        .contains(NodePair.STRANGER.keyHash())
                        .contains("cluster.toml on n1");
            }
            assertThat(pair.n1.ears.links).isEmpty();
            assertThat(pair.n2.ears.links).isEmpty();
        }
    }

    @Test
    void aDialerWithAWrongKeyIsRefusedWithBothHashesOnBothSides() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.key = NodePair.STRANGER;
            pair.start();
            for (NodePair.Side side : List.of(pair.n1, pair.n2)) {
                assertThat(next(side.ears.refusals, "refusal"))
                        .contains(NodePair.KEY_1.keyHash())
                        .contains(NodePair.STRANGER.keyHash())
                        .contains("cluster.toml on n2");
            }
            assertThat(pair.n1.ears.links).isEmpty();
            assertThat(pair.n2.ears.links).isEmpty();
        }
    }

    @Test
    void aNodeOfAnotherClusterIsRefusedWithBothNames() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n2.cluster = "green";
            pair.start();
            for (NodePair.Side side : List.of(pair.n1, pair.n2)) {
                assertThat(next(side.ears.refusals, "refusal")).contains("\"blue\"", "\"green\"", "n1", "n2");
            }
        }
    }

    @Test
    void encryptionThatOnlyOneSideWantsIsRefused() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.encryption = false;
            pair.start();
            for (NodePair.Side side : List.of(pair.n1, pair.n2)) {
                assertThat(next(side.ears.refusals, "refusal"))
                        .contains("encryption is on on n2 and off on n1", "cluster.toml");
            }
        }
    }

    @Test
    void anotherVersionIsRefusedWithBothVersionsNamed() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.version = 7;
            pair.start();
            for (NodePair.Side side : List.of(pair.n1, pair.n2)) {
                assertThat(next(side.ears.refusals, "refusal")).contains("version 7", "version 1", "n1", "n2");
            }
        }
    }

    @Test
    void aModuleThatThePeerDoesNotHaveIsNamedOnceAndLinkedWhenItComes() throws Exception {
        try (NodePair pair = new NodePair().startN2().startN1()) {
            pair.n1.service.register("app", pair.n1.ears);
            assertThat(next(pair.n1.ears.refusals, "refusal")).isEqualTo("module app is not configured on n2");
            pair.n2.service.register("app", pair.n2.ears);
            next(pair.n1.ears.links, "link");
            assertThat(pair.n1.ears.refusals).isEmpty();
        }
    }

    @Test
    void aPeerThatIsNotThereIsToldOnceAndLinkedWhenItComes() throws Exception {
        try (NodePair pair = new NodePair().startN2()) {
            int port = pair.n2.service.port();
            pair.n2.service.close();
            pair.n2Address = NodePair.loopback(port);
            pair.startN1();
            pair.n1.service.register("app", pair.n1.ears);
            assertThat(next(pair.n1.ears.refusals, "refusal")).contains("connection refused", "n2", ":" + port);
            pair.startN2At(port);
            pair.n2.service.register("app", pair.n2.ears);
            next(pair.n1.ears.links, "link");
            assertThat(pair.n1.ears.refusals).isEmpty();
        }
    }

    @Test
    void eachModuleHasItsOwnLink() throws Exception {
        try (NodePair pair = new NodePair().start()) {
            NodePair.Ears other1 = new NodePair.Ears();
            NodePair.Ears other2 = new NodePair.Ears();
            pair.n2.service.register("web", other2);
            pair.n1.service.register("web", other1);
            NodeLink app = next(pair.n1.ears.links, "link of app");
            NodeLink web = next(other1.links, "link of web");
            pair.n1.service.unregister("app");
            assertThat(next(pair.n1.ears.ends, "end of app")).contains("app");
            assertThatThrownBy(() -> app.sendMessage("{}")).isInstanceOf(IOException.class);
            web.sendMessage("{}");
            assertThat(other1.ends).isEmpty();
        }
    }

    @Test
    void garbageAndSilentConnectionsDoNotKeepThePeerOut() throws Exception {
        try (NodePair pair = new NodePair().startN2()) {
            InetSocketAddress port = NodePair.loopback(pair.n2.service.port());
            Random random = new Random(42);
            List<Socket> silent = new ArrayList<>();
            try {
                for (int i = 0; i < 40; i++) {
                    Socket socket = new Socket(port.getAddress(), port.getPort());
                    if (i % 2 == 0) {
                        byte[] garbage = new byte[random.nextInt(20_000)];
                        random.nextBytes(garbage);
                        writeIgnoringReset(socket, garbage);
                    }
                    silent.add(socket);
                }
                pair.startN1();
                pair.n2.service.register("app", pair.n2.ears);
                pair.n1.service.register("app", pair.n1.ears);
                next(pair.n1.ears.links, "link").sendMessage("{}");
            } finally {
                for (Socket socket : silent) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void closingEndsEveryThreadOfTheService() throws Exception {
        NodePair pair = new NodePair().start();
        next(pair.n1.ears.links, "link at n1");
        next(pair.n2.ears.links, "link at n2");
        pair.close();
        next(pair.n1.ears.ends, "end at n1");
        next(pair.n2.ears.ends, "end at n2");
        await(
                "no thread of a link is left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(t -> t.getName().startsWith("link ")));
    }

    @Test
    void aPortThatIsTakenIsAProblemThatNamesIt() {
        try (NodePair pair = new NodePair().startN2()) {
            int port = pair.n2.service.port();
            LinkSettings settings = new LinkSettings(
                    "n1", "blue", List.of(), List.of(NodePair.loopback(port)), LinkSettings.DEFAULT_DETECTION_MS, true);
            try (LinkService second = new LinkService(settings, NodePair.KEY_1)) {
                assertThatThrownBy(second::start).isInstanceOfSatisfying(Problem.class, p -> {
                    assertThat(p.what()).contains(":" + port);
                    assertThat(p.nextStep()).contains("cluster.toml");
                });
            }
        }
    }

    private static void writeIgnoringReset(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // the node may hang up on garbage at any time
        }
    }

    /** Remembers messages as text. */
    static final class Words extends NodePair.Ears {
        final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            heard.add(StandardCharsets.UTF_8.decode(body).toString());
        }
    }
}
