package io.gemel.engine.node;

import io.gemel.engine.net.LinkHandler;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.LinkService;
import io.gemel.engine.net.LinkSettings;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.NodeLink;
import io.gemel.engine.net.PeerNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Links this process with itself for a moment, so that the first link to the peer finds everything loaded. */
final class LinkRehearsal {

    private static final Logger LOG = LoggerFactory.getLogger(LinkRehearsal.class);
    private static final String MODULE = "rehearsal";
    private static final int DETECTION_MS = 3_000;
    private static final long WAIT_MS = 5_000;

    private LinkRehearsal() {}

    static void run(NodeKey key) {
        CountDownLatch heard = new CountDownLatch(2);
        try (LinkService accepts = new LinkService(settings("b", "a", key, 1), key)) {
            accepts.register(MODULE, new Speaker(heard));
            accepts.start();
            try (LinkService dials = new LinkService(settings("a", "b", key, accepts.port()), key)) {
                dials.register(MODULE, new Speaker(heard));
                dials.start();
                if (!heard.await(WAIT_MS, TimeUnit.MILLISECONDS)) {
                    LOG.debug("no link with this process itself");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static LinkSettings settings(String node, String peer, NodeKey key, int port) {
        InetAddress here = InetAddress.getLoopbackAddress();
        PeerNode other = new PeerNode(peer, key.keyHash(), List.of(new InetSocketAddress(here, port)));
        return new LinkSettings(
                node, MODULE, List.of(other), List.of(new InetSocketAddress(here, 0)), DETECTION_MS, true);
    }

    /** Says something, and counts what the other end said. */
    private record Speaker(CountDownLatch heard) implements LinkListener, LinkHandler {
        @Override
        public void linkUp(NodeLink link) {
            link.start(this);
            try {
                link.sendMessage("{}");
            } catch (IOException e) {
                LOG.debug("rehearsal of the link: {}", e.getMessage());
            }
        }

        @Override
        public void linkRefused(String reason) {}

        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            heard.countDown();
        }

        @Override
        public void onDrained() {}

        @Override
        public void onClosed(String reason) {}
    }
}
