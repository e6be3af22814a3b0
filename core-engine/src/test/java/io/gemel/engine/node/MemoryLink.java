package io.gemel.engine.node;

import io.gemel.engine.net.LinkHandler;
import io.gemel.engine.net.NodeLink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** A node link in memory, for tests of what lies above it: what one end sends the other end's thread hands over. */
final class MemoryLink implements NodeLink {

    private final String peer;
    private final LinkedBlockingQueue<ByteBuffer> inbox = new LinkedBlockingQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private final Semaphore open = new Semaphore(1);
    private MemoryLink other;
    private volatile boolean lost;
    private final AtomicLong framesLeft = new AtomicLong(Long.MAX_VALUE);
    private volatile LinkHandler handler;
    private volatile Thread reader;

    /** What is handed over next, taken from the inbox already. */
    private volatile ByteBuffer next;

    private MemoryLink(String peer) {
        this.peer = peer;
    }

    /** Two ends, the first for node n1. */
    static MemoryLink[] pair() {
        MemoryLink a = new MemoryLink("n2");
        MemoryLink b = new MemoryLink("n1");
        a.other = b;
        b.other = a;
        return new MemoryLink[] {a, b};
    }

    /** From now on nothing that comes to this end is handed over. */
    void hold() throws InterruptedException {
        open.acquire();
    }

    /** The link is lost once so many more frames came to this end. */
    void loseAfter(long frames) {
        framesLeft.set(frames);
    }

    /** What was held back comes now. */
    void letGo() {
        open.release();
    }

    /** What was held back at this end is lost, and the link with it. */
    void loseHeld() {
        lost = true;
        close("lost");
        open.release();
    }

    /** Whether a frame of this kind waits to be handed over at this end. */
    boolean holds(byte kind) {
        ByteBuffer first = next;
        return (first != null && isOf(kind, first)) || inbox.stream().anyMatch(frames -> isOf(kind, frames));
    }

    private static boolean isOf(byte kind, ByteBuffer frames) {
        return frames.limit() > 4 && frames.get(4) == kind;
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void start(LinkHandler newHandler) {
        handler = newHandler;
        reader = Thread.ofPlatform().daemon().name("memory-link-from-" + peer).start(this::run);
    }

    /** Closes it, as {@link #close}; returns when neither end hands anything over any more. */
    void end() throws InterruptedException {
        close("ended");
        for (MemoryLink end : new MemoryLink[] {this, other}) {
            if (end.reader != null) {
                end.reader.join();
            }
        }
    }

    private void run() {
        try {
            while (true) {
                ByteBuffer frames = inbox.take();
                next = frames;
                open.acquire();
                open.release();
                next = null;
                if (lost || !frames.hasRemaining()) {
                    handler.onClosed("closed");
                    return;
                }
                while (frames.hasRemaining()) {
                    if (framesLeft.getAndDecrement() <= 0) {
                        close("lost");
                        handler.onClosed("closed");
                        return;
                    }
                    int length = frames.getInt();
                    byte kind = frames.get();
                    frames.position(frames.position() + 3);
                    ByteBuffer body = frames.slice(frames.position(), length).order(ByteOrder.LITTLE_ENDIAN);
                    frames.position(frames.position() + length);
                    handler.onFrame(kind, body);
                }
                if (inbox.isEmpty()) {
                    handler.onDrained();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void send(ByteBuffer frames) throws IOException {
        if (closed.get()) {
            throw new IOException("closed");
        }
        ByteBuffer copy = ByteBuffer.allocateDirect(frames.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        sent.addAndGet(frames.remaining());
        other.received.addAndGet(frames.remaining());
        copy.put(frames).flip();
        other.inbox.add(copy);
    }

    @Override
    public void sendMessage(String json) throws IOException {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        ByteBuffer frame = ByteBuffer.allocateDirect(HEADER_BYTES + text.length).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(text.length)
                .put(KIND_MESSAGE)
                .put(FRAME_VERSION)
                .putShort((short) 0)
                .put(text)
                .flip();
        send(frame);
    }

    @Override
    public long bytesSent() {
        return sent.get();
    }

    @Override
    public long bytesReceived() {
        return received.get();
    }

    @Override
    public long silentMs() {
        return 0;
    }

    @Override
    public boolean encrypted() {
        return false;
    }

    @Override
    public void close(String reason) {
        if (closed.compareAndSet(false, true)) {
            other.closed.set(true);
            inbox.add(ByteBuffer.allocate(0));
            other.inbox.add(ByteBuffer.allocate(0));
        }
    }
}
