package io.gemel.engine.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Two nodes on loopback: n1 dials, n2 accepts on a free port. Each test changes what it is about. */
final class NodePair implements AutoCloseable {

    static final long PATIENCE_MS = 20_000;
    static final NodeKey KEY_1 = freshKey();
    static final NodeKey KEY_2 = freshKey();
    static final NodeKey STRANGER = freshKey();

    /** One side of the pair, as a test may change it. */
    static final class Side {
        NodeKey key;
        String pinnedPeerKey;
        String cluster = "blue";
        boolean encryption = true;
        int detectionMs = 3_000;
        int version = Handshake.PROTOCOL_VERSION;
        LinkService service;
        final Ears ears = new Ears();
    }

    final Side n1 = new Side();
    final Side n2 = new Side();
    /** Where n1 finds n2 when that is not n2 itself. */
    InetSocketAddress n2Address;

    NodePair() {
        n1.key = KEY_1;
        n1.pinnedPeerKey = KEY_2.keyHash();
        n2.key = KEY_2;
        n2.pinnedPeerKey = KEY_1.keyHash();
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    NodePair startN2() {
        return startN2At(0);
    }

    NodePair startN2At(int port) {
        PeerNode peer = new PeerNode("n1", n2.pinnedPeerKey, List.of(loopback(1)));
        n2.service = service("n2", n2, peer, port);
        n2.service.start();
        return this;
    }

    NodePair startN1() {
        InetSocketAddress address = n2Address == null ? loopback(n2.service.port()) : n2Address;
        n1.service = service("n1", n1, new PeerNode("n2", n1.pinnedPeerKey, List.of(address)), 0);
        n1.service.start();
        return this;
    }

    /** Both nodes with the module {@code app}. */
    NodePair start() {
        startN2().startN1();
        n2.service.register("app", n2.ears);
        n1.service.register("app", n1.ears);
        return this;
    }

    private static LinkService service(String name, Side side, PeerNode peer, int port) {
        LinkSettings settings = new LinkSettings(
                name, side.cluster, List.of(peer), List.of(loopback(port)), side.detectionMs, side.encryption);
        return new LinkService(settings, side.key, side.version);
    }

    @Override
    public void close() {
        for (Side side : List.of(n1, n2)) {
            if (side.service != null) {
                side.service.close();
            }
        }
    }

    static void await(String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadlineNs);
            LockSupport.parkNanos(1_000_000);
        }
    }

    static <T> T next(BlockingQueue<T> queue, String what) throws InterruptedException {
        T found = queue.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
        assertThat(found).as(what).isNotNull();
        return found;
    }

    /** A direct buffer with one frame whose body is the bytes. */
    static ByteBuffer frame(byte kind, byte[] body) {
        return ByteBuffer.allocateDirect(NodeLink.HEADER_BYTES + body.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(body.length)
                .put(kind)
                .put(NodeLink.FRAME_VERSION)
                .putShort((short) 0)
                .put(body)
                .flip();
    }

    private static NodeKey freshKey() {
        try {
            Path dir = Files.createTempDirectory("node-key");
            try {
                return NodeKey.loadOrCreate(dir);
            } finally {
                List<Path> all = new ArrayList<>();
                try (Stream<Path> walk = Files.walk(dir)) {
                    walk.sorted(Comparator.reverseOrder()).forEach(all::add);
                }
                for (Path path : all) {
                    Files.delete(path);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Remembers what a module is told, and starts each link with itself as the handler. */
    static class Ears implements LinkListener, LinkHandler {
        final BlockingQueue<NodeLink> links = new LinkedBlockingQueue<>();
        final BlockingQueue<String> refusals = new LinkedBlockingQueue<>();
        final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
        volatile LinkHandler handler = this;

        @Override
        public void linkUp(NodeLink link) {
            link.start(handler);
            links.add(link);
        }

        @Override
        public void linkRefused(String reason) {
            refusals.add(reason);
        }

        @Override
        public void onFrame(byte kind, ByteBuffer body) {}

        @Override
        public void onDrained() {}

        @Override
        public void onClosed(String reason) {
            ends.add(reason);
        }
    }
}
