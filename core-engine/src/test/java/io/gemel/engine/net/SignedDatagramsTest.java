package io.gemel.engine.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SignedDatagramsTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    Path dir;

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    private static int freePort() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(0, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    private SignedDatagrams node(
            String cluster, String name, String peer, NodeKey own, NodeKey peers, int port, int to) {
        SignedDatagrams node = new SignedDatagrams(
                new SignedDatagrams.Ends(cluster, name, peer, peers.keyHash()),
                own,
                List.of(new SignedDatagrams.Path(
                        "lan", new InetSocketAddress(LOOPBACK, port), new InetSocketAddress(LOOPBACK, to))),
                (network, payload) -> heard.add(new String(payload, StandardCharsets.UTF_8)));
        node.start();
        return node;
    }

    /** Sends until it is heard: a datagram may be sent before the other socket is open. */
    private String sentUntilHeard(SignedDatagrams from, String text) throws InterruptedException {
        String got = null;
        while (got == null) {
            from.send(text.getBytes(StandardCharsets.UTF_8));
            got = heard.poll(100, TimeUnit.MILLISECONDS);
        }
        return got;
    }

    @Test
    void onlyThePeersOwnDatagramsForThisClusterAreHeard() throws Exception {
        NodeKey key1 = NodeKey.loadOrCreate(dir.resolve("1"));
        NodeKey key2 = NodeKey.loadOrCreate(dir.resolve("2"));
        NodeKey stranger = NodeKey.loadOrCreate(dir.resolve("3"));
        int port1 = freePort();
        int port2 = freePort();
        try (SignedDatagrams n1 = node("c", "n1", "n2", key1, key2, port1, port2);
                SignedDatagrams n2 = node("c", "n2", "n1", key2, key1, port2, port1)) {
            assertThat(sentUntilHeard(n1, "from n1")).isEqualTo("from n1");
            assertThat(sentUntilHeard(n2, "from n2")).startsWith("from n");
            heard.clear();
            try (SignedDatagrams false1 = node("c", "n1", "n2", stranger, key2, freePort(), port2);
                    SignedDatagrams otherCluster = node("d", "n1", "n2", key1, key2, freePort(), port2);
                    SignedDatagrams reflected = node("c", "n2", "n1", key2, key1, freePort(), port2);
                    DatagramSocket garbage = new DatagramSocket(0, LOOPBACK)) {
                for (int i = 0; i < 5; i++) {
                    false1.send("false".getBytes(StandardCharsets.UTF_8));
                    otherCluster.send("other cluster".getBytes(StandardCharsets.UTF_8));
                    reflected.send("reflected".getBytes(StandardCharsets.UTF_8));
                    for (byte[] bytes : List.of(
                            new byte[0], new byte[3], new byte[7_000], "GMLB".getBytes(StandardCharsets.UTF_8))) {
                        garbage.send(new DatagramPacket(bytes, bytes.length, LOOPBACK, port2));
                    }
                }
            }
            assertThat(sentUntilHeard(n1, "again")).as("nothing came before it").isEqualTo("again");
        }
    }
}
