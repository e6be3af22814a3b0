package io.gemel.engine.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node link on one blocking socket: the caller of {@link #send} encrypts and writes, one reader thread reads and
 * hands over.
 *
 * <p>Life and loss are watched from outside by {@link #tick}, which compares byte counters, so that the data path reads
 * no clock. A thread that is interrupted in {@link #send} closes the link: that is what Java's channels do.
 */
final class SocketLink implements NodeLink {

    private static final Logger LOG = LoggerFactory.getLogger(SocketLink.class);
    private static final int SIGNS_A_DETECTION = 6;

    /** After so much of the detection time without a look it was this node that stood still. */
    private static final int OWN_PAUSES_A_DETECTION = 3;

    private final String peer;
    private final String module;
    private final SocketChannel channel;
    private final Wire wire;
    private final int detectionMs;
    /** Put into words before it is needed: that is slow the first time. */
    private final String detectionSeconds;

    private final ReentrantLock sendLock = new ReentrantLock();
    private final ByteBuffer keepalive = ByteBuffer.allocateDirect(HEADER_BYTES);
    private final AtomicReference<String> closeReason = new AtomicReference<>();
    private final AtomicBoolean closeTold = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Object startLock = new Object();
    private volatile LinkHandler handler;
    private volatile boolean inHandler;
    private volatile Thread reader;
    private volatile long silentSinceNs;
    // Only for tick(), which one thread calls.
    private long seenSent;
    private long seenReceived;
    private long sentNs;
    private long tickNs;
    private long receivedNs;

    SocketLink(String peer, String module, SocketChannel channel, Wire wire, int detectionMs) {
        this.peer = peer;
        this.module = module;
        this.channel = channel;
        this.wire = wire;
        this.detectionMs = detectionMs;
        this.detectionSeconds = String.format(Locale.ROOT, "%.1f s", detectionMs / 1000.0);
        long nowNs = System.nanoTime();
        this.seenSent = wire.bytesSent();
        this.seenReceived = wire.bytesReceived();
        this.sentNs = nowNs;
        this.tickNs = nowNs;
        this.receivedNs = nowNs;
        this.silentSinceNs = nowNs;
        keepalive.put(header(KIND_KEEPALIVE, 0));
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void start(LinkHandler newHandler) {
        synchronized (startLock) {
            if (handler != null) {
                throw new IllegalStateException("the link to " + peer + " was started before");
            }
            handler = newHandler;
            if (closeReason.get() == null) {
                reader = new Thread(this::readAll, "link " + module + " " + peer);
                reader.setDaemon(true);
                reader.start();
            }
        }
        if (closeReason.get() != null) {
            tellClosed();
        }
    }

    @Override
    public void send(ByteBuffer frames) throws IOException {
        checkWholeFrames(frames);
        sendLock.lock();
        try {
            transmit(frames);
        } finally {
            sendLock.unlock();
        }
    }

    @Override
    public void sendMessage(String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        if (body.length > MAX_BODY_BYTES) {
            throw new IllegalArgumentException("a message of " + body.length + " bytes");
        }
        ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + body.length);
        frame.put(header(KIND_MESSAGE, body.length)).put(body).flip();
        send(frame);
    }

    @Override
    public long bytesSent() {
        return wire.bytesSent();
    }

    @Override
    public long bytesReceived() {
        return wire.bytesReceived();
    }

    /** As {@link #tick} found it last: a sign since then is not known yet. */
    @Override
    public long silentMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - silentSinceNs);
    }

    @Override
    public boolean encrypted() {
        return wire.encrypted();
    }

    @Override
    public void close(String reason) {
        boolean neverStarted;
        synchronized (startLock) {
            if (!closeReason.compareAndSet(null, reason)) {
                return;
            }
            neverStarted = handler == null;
        }
        try {
            channel.close(); // also frees a sender and the reader that block in it
        } catch (IOException e) {
            LOG.debug("closing the link of {} to {}", module, peer, e);
        }
        if (neverStarted) {
            ended.countDown();
        } else {
            tellClosed();
        }
    }

    boolean closed() {
        return closeReason.get() != null;
    }

    /** Waits until the link is closed and its reader thread, if that is another one, hands nothing over any more. */
    boolean awaitEnded(long timeoutMs) throws InterruptedException {
        return Thread.currentThread().equals(reader) || ended.await(timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** What {@link #tick} found to be done, by another thread, since doing it may block. */
    enum Due {
        NOTHING,
        KEEPALIVE,
        PEER_SILENT,
        PEER_STUCK
    }

    /**
     * Looks at the link's progress since the last call; never blocks. Silence counts only while the reader waits for
     * the network: while the handler is busy (a slow disk), the signs of the peer lie unread in the socket.
     */
    Due tick(long nowNs) {
        long detectionNs = TimeUnit.MILLISECONDS.toNanos(detectionMs);
        long passedNs = nowNs - tickNs;
        tickNs = nowNs;
        if (wire.bytesSent() != seenSent) {
            seenSent = wire.bytesSent();
            sentNs = nowNs;
        }
        boolean heard = wire.bytesReceived() != seenReceived;
        if (heard) {
            seenReceived = wire.bytesReceived();
            receivedNs = nowNs;
        }
        long sinceNs = silentSinceNs;
        if (heard || inHandler) {
            sinceNs = nowNs;
        } else if (passedNs > detectionNs / OWN_PAUSES_A_DETECTION) {
            // What came meanwhile still waits to be read.
            sinceNs += passedNs;
        }
        silentSinceNs = sinceNs;
        if (nowNs - sinceNs >= detectionNs) {
            return Due.PEER_SILENT;
        }
        long unsentForNs = nowNs - sentNs;
        boolean sends = sendLock.isLocked();
        if (sends && unsentForNs >= detectionNs && nowNs - receivedNs >= detectionNs) {
            return Due.PEER_STUCK;
        }
        return !sends && unsentForNs >= detectionNs / SIGNS_A_DETECTION ? Due.KEEPALIVE : Due.NOTHING;
    }

    /** Does what {@link #tick} asked for. */
    void settle(Due due) {
        switch (due) {
            case NOTHING -> {}
            case KEEPALIVE -> sendKeepalive();
            case PEER_SILENT -> close("no sign of node " + peer + " for " + detectionSeconds);
            case PEER_STUCK -> close("node " + peer + " took nothing and sent nothing for " + detectionSeconds);
        }
    }

    /** When somebody else is sending, that is the sign of life. */
    private void sendKeepalive() {
        if (closed() || !sendLock.tryLock()) {
            return;
        }
        try {
            transmit(keepalive.rewind());
        } catch (IOException e) {
            LOG.debug("keepalive of {} to {}", module, peer, e); // transmit has closed the link
        } finally {
            sendLock.unlock();
        }
    }

    private void transmit(ByteBuffer frames) throws IOException {
        String reason = closeReason.get();
        if (reason == null) {
            try {
                wire.write(frames);
                return;
            } catch (IOException e) {
                close("the connection to node " + peer + " broke: " + Reason.of(e));
                throw new IOException("the link to node " + peer + " is closed: " + closeReason.get(), e);
            }
        }
        throw new IOException("the link to node " + peer + " is closed: " + reason);
    }

    private void readAll() {
        LinkHandler to = handler;
        FrameReader.Source source = new FrameReader.Source() {
            @Override
            public int read(ByteBuffer target) throws IOException {
                inHandler = false;
                int count = wire.read(target);
                inHandler = true;
                return count;
            }

            @Override
            public boolean hasInput() {
                return wire.hasInput();
            }
        };
        FrameReader.Sink sink = new FrameReader.Sink() {
            @Override
            public void onFrame(byte kind, ByteBuffer body) {
                to.onFrame(kind, body);
            }

            @Override
            public void onDrained() {
                to.onDrained();
            }
        };
        try {
            new FrameReader(source, sink).run();
        } catch (FrameReader.BadFrameException e) {
            close("node " + peer + " does not keep to the protocol: " + e.getMessage());
        } catch (EOFException e) {
            close("node " + peer + " closed the link");
        } catch (IOException e) {
            close("the connection to node " + peer + " broke: " + Reason.of(e));
        } catch (Throwable e) { // whatever the handler throws must not leave a link that nobody reads
            if (!closed()) {
                LOG.error("module {}: handling what node {} sent failed", module, peer, e);
            }
            close("handling what node " + peer + " sent failed: " + e);
        } finally {
            ended.countDown();
        }
    }

    private void tellClosed() {
        if (closeTold.compareAndSet(false, true)) {
            try {
                handler.onClosed(closeReason.get());
            } catch (RuntimeException e) {
                LOG.error("module {}: handling the end of the link to {} failed", module, peer, e);
            }
        }
    }

    private static byte[] header(byte kind, int bodyBytes) {
        return ByteBuffer.allocate(HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bodyBytes)
                .put(kind)
                .put(FRAME_VERSION)
                .array();
    }

    /** A half frame or a wrong length would make the rest of the stream unreadable: better to fail at its cause. */
    private static void checkWholeFrames(ByteBuffer frames) {
        boolean swap = frames.order() != ByteOrder.LITTLE_ENDIAN;
        int at = frames.position();
        while (frames.limit() - at >= HEADER_BYTES) {
            int bodyBytes = swap ? Integer.reverseBytes(frames.getInt(at)) : frames.getInt(at);
            if (bodyBytes < 0 || bodyBytes > MAX_BODY_BYTES || frames.get(at + 5) != FRAME_VERSION) {
                throw new IllegalArgumentException("not a frame's header at " + at);
            }
            at += HEADER_BYTES + bodyBytes;
        }
        if (at != frames.limit()) {
            throw new IllegalArgumentException("not whole frames: they end at " + at + " of " + frames.limit());
        }
    }
}
