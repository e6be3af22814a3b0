package io.gemel.engine.net;

import static io.gemel.engine.net.NodePair.PATIENCE_MS;
import static io.gemel.engine.net.NodePair.await;
import static io.gemel.engine.net.NodePair.frame;
import static io.gemel.engine.net.NodePair.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LinkTrafficTest {

    private static final byte KIND = NodeLink.FIRST_STREAM_KIND;
    private static final int SENDERS = 2;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void framesOfEverySizeArriveWholeAndInOrderBothWaysAtOnce(boolean encryption) throws Exception {
        int[] sizes = {16, 4_096, 17, 65_536, 1 << 20, NodeLink.MAX_BODY_BYTES, 100, 16_384, 16_385, 300_000};
        int framesASender = 80;
        try (NodePair pair = new NodePair()) {
            pair.n1.encryption = encryption;
            pair.n2.encryption = encryption;
            Checker at1 = new Checker();
            Checker at2 = new Checker();
            pair.n1.ears.handler = at1;
            pair.n2.ears.handler = at2;
            pair.start();
            NodeLink link1 = next(pair.n1.ears.links, "link at n1");
            NodeLink link2 = next(pair.n2.ears.links, "link at n2");
            try (ExecutorService senders = Executors.newCachedThreadPool()) {
                for (NodeLink link : new NodeLink[] {link1, link2}) {
                    for (int sender = 0; sender < SENDERS; sender++) {
                        int number = sender;
                        Future<?> _ = senders.submit(() -> sendAll(link, number, framesASender, sizes));
                    }
                }
            }
            for (Checker checker : new Checker[] {at1, at2}) {
                await(
                        "all frames, or the first wrong one",
                        () -> checker.wrong.get() != null || checker.frames.get() == SENDERS * framesASender);
                assertThat(checker.wrong.get()).isNull();
                await("the end of the input is told", checker.drainedLast::get);
            }
        }
    }

    @Test
    void aPeerThatFallsSilentIsLostWithinTheDetectionTimeAndFoundAgain() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.detectionMs = 300;
            pair.n2.detectionMs = 300;
            pair.startN2();
            try (Proxy proxy = new Proxy(pair.n2.service.port())) {
                pair.n2Address = NodePair.loopback(proxy.port());
                pair.startN1();
                pair.n2.service.register("app", pair.n2.ears);
                pair.n1.service.register("app", pair.n1.ears);
                next(pair.n1.ears.links, "link");
                next(pair.n2.ears.links, "link");
                proxy.fallSilent();
                // Whoever notices first closes, which the other may hear before it notices itself.
                String end1 = next(pair.n1.ears.ends, "end at n1");
                String end2 = next(pair.n2.ears.ends, "end at n2");
                assertThat(end1).isIn("no sign of node n2 for 0.3 s", "node n2 closed the link");
                assertThat(end2).isIn("no sign of node n1 for 0.3 s", "node n1 closed the link");
                assertThat(List.of(end1, end2)).anyMatch(end -> end.startsWith("no sign of"));
                proxy.speakAgain();
                next(pair.n1.ears.links, "next link");
            }
        }
    }

    @Test
    void anIdleLinkStaysUpAndAHandlerThatTakesLongerThanTheDetectionTimeDoesNotEndIt() throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.detectionMs = 300;
            pair.n2.detectionMs = 300;
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger handled = new AtomicInteger();
            NodePair.Ears slow = new NodePair.Ears() {
                @Override
                public void onFrame(byte kind, ByteBuffer body) {
                    awaitQuietly(release);
                    handled.incrementAndGet();
                }
            };
            pair.n2.ears.handler = slow;
            pair.start();
            NodeLink link = next(pair.n1.ears.links, "link");
            long receivedBefore = link.bytesReceived();
            long idleNs = TimeUnit.MILLISECONDS.toNanos(900);
            long startNs = System.nanoTime();
            link.send(frame(KIND, new byte[10]));
            await("three detection times", () -> System.nanoTime() - startNs > idleNs);
            assertThat(link.bytesReceived()).as("keepalives came").isGreaterThan(receivedBefore);
            release.countDown();
            link.send(frame(KIND, new byte[10]));
            await("both frames were handled", () -> handled.get() == 2);
            assertThat(slow.ends).isEmpty();
            assertThat(pair.n1.ears.ends).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closingFreesASenderThatBlocks(boolean encryption) throws Exception {
        try (NodePair pair = new NodePair()) {
            pair.n1.encryption = encryption;
            pair.n2.encryption = encryption;
            CountDownLatch release = new CountDownLatch(1);
            pair.n2.ears.handler = new NodePair.Ears() {
                @Override
                public void onFrame(byte kind, ByteBuffer body) {
                    awaitQuietly(release);
                }
            };
            pair.start();
            NodeLink link = next(pair.n1.ears.links, "link");
            AtomicInteger sent = new AtomicInteger();
            AtomicReference<IOException> end = new AtomicReference<>();
            ByteBuffer big = frame(KIND, new byte[1 << 20]);
            Thread sender = new Thread(() -> {
                try {
                    while (true) {
                        link.send(big.rewind());
                        sent.incrementAndGet();
                    }
                } catch (IOException e) {
                    end.set(e);
                }
            });
            sender.start();
            await("the sender blocks", () -> stuck(sender, sent));
            link.close("enough");
            sender.join(PATIENCE_MS);
            assertThat(sender.isAlive()).isFalse();
            assertThat(end.get()).hasMessageContaining("enough");
            assertThat(next(pair.n1.ears.ends, "end")).isEqualTo("enough");
            assertThatThrownBy(() -> link.send(big.rewind())).isInstanceOf(IOException.class);
            release.countDown();
        }
    }

    @Test
    void aHandlerThatFailsEndsTheLinkWithItsReason() throws Exception {
        try (NodePair pair = new NodePair()) {
            NodePair.Ears failing = new NodePair.Ears() {
                @Override
                public void onFrame(byte kind, ByteBuffer body) {
                    throw new IllegalStateException("no room");
                }
            };
            pair.n2.ears.handler = failing;
            pair.start();
            next(pair.n1.ears.links, "link").sendMessage("{}");
            assertThat(next(failing.ends, "end")).contains("no room");
            next(pair.n1.ears.links, "the next link");
            assertThat(failing.ends).isEmpty();
        }
    }

    @Test
    void halfFramesAreNotSent() throws Exception {
        try (NodePair pair = new NodePair().start()) {
            NodeLink link = next(pair.n1.ears.links, "link");
            ByteBuffer half = frame(KIND, new byte[100]).limit(50);
            assertThatThrownBy(() -> link.send(half)).isInstanceOf(IllegalArgumentException.class);
            ByteBuffer wrongLength = frame(KIND, new byte[100]);
            wrongLength.putInt(0, 99);
            assertThatThrownBy(() -> link.send(wrongLength)).isInstanceOf(IllegalArgumentException.class);
            link.send(frame(KIND, new byte[100]));
        }
    }

    private static boolean stuck(Thread sender, AtomicInteger sent) {
        int before = sent.get();
        long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < TimeUnit.MILLISECONDS.toNanos(300)) {
            if (sent.get() != before || !sender.isAlive()) {
                return false;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return before > 0;
    }

    private static Void sendAll(NodeLink link, int sender, int frames, int[] sizes) throws IOException {
        for (int n = 0; n < frames; n++) {
            byte[] body = new byte[sizes[n % sizes.length]];
            new Random(n).nextBytes(body);
            ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).putInt(sender).putInt(n);
            link.send(frame(KIND, body));
        }
        return null;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Checks each frame against what its sender must have put into it. */
    private static final class Checker extends NodePair.Ears {
        final AtomicInteger frames = new AtomicInteger();
        final AtomicReference<String> wrong = new AtomicReference<>();
        final AtomicBoolean drainedLast = new AtomicBoolean();
        private final int[] expected = new int[SENDERS];

        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            drainedLast.set(false);
            if (!body.isDirect() || body.order() != ByteOrder.LITTLE_ENDIAN || kind != KIND) {
                wrong.set("not a direct little-endian body");
            }
            int sender = body.getInt();
            int n = body.getInt();
            if (n != expected[sender]++) {
                wrong.compareAndSet(null, "frame " + n + " of sender " + sender);
            }
            byte[] content = new byte[body.limit()];
            new Random(n).nextBytes(content);
            if (!body.equals(ByteBuffer.wrap(content, 8, content.length - 8))) {
                wrong.compareAndSet(null, "content of frame " + n + " of sender " + sender);
            }
            frames.incrementAndGet();
        }

        @Override
        public void onDrained() {
            drainedLast.set(true);
        }
    }
}
