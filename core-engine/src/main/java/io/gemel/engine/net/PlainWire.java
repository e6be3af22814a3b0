package io.gemel.engine.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;

/** The bare socket, after the handshake in TLS proved who is at the other end. */
final class PlainWire implements Wire {

    private final SocketChannel channel;
    private final ByteBuffer readAhead;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();

    /**
     * @param readAhead bytes that the handshake read beyond its own end
     * @param sent bytes sent during the handshake
     * @param received bytes received during the handshake
     */
    PlainWire(SocketChannel channel, ByteBuffer readAhead, long sent, long received) {
        this.channel = channel;
        this.readAhead = readAhead;
        this.sent.set(sent);
        this.received.set(received);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (readAhead.hasRemaining()) {
            int count = Math.min(readAhead.remaining(), target.remaining());
            target.put(target.position(), readAhead, readAhead.position(), count);
            target.position(target.position() + count);
            readAhead.position(readAhead.position() + count);
            return count;
        }
        int count = channel.read(target);
        received.addAndGet(Math.max(count, 0));
        return count;
    }

    @Override
    public boolean hasInput() {
        return readAhead.hasRemaining();
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            sent.addAndGet(channel.write(source));
        }
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
    public boolean encrypted() {
        return false;
    }
}
