package io.gemel.engine.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/**
 * TLS over a blocking socket, encrypted and decrypted in the calling thread.
 *
 * <p>Until {@link #widen} the buffers hold one record each, whatever the other side sends; then they hold many, so
 * that one system call carries many records.
 *
 * <p>The encrypted bytes lie on the heap: AES-GCM works on arrays, and would copy direct buffers piece by piece (12
 * instead of 20 us of CPU for a frame of 4 KiB, both sides together).
 */
final class TlsWire implements Wire {

    private static final int RECORD_HEADER_BYTES = 5;
    private static final int RECORDS_A_CALL = 18;
    private static final int MAX_HANDSHAKE_STEPS = 1_000;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final int packetBytes;
    /** What came from the network and is not decrypted yet, from position to limit. */
    private ByteBuffer input;
    /** What is encrypted and not written yet, from 0 to position. */
    private ByteBuffer output;

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();

    TlsWire(SocketChannel channel, SSLEngine engine) {
        this.channel = channel;
        this.engine = engine;
        this.packetBytes = engine.getSession().getPacketBufferSize();
        this.input = ByteBuffer.allocate(packetBytes).limit(0);
        this.output = ByteBuffer.allocate(packetBytes);
    }

    /** Runs the TLS handshake; afterwards {@link #peerKeyHash} is proven. */
    void handshake() throws IOException {
        ByteBuffer unexpected = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        engine.beginHandshake();
        try {
            for (int step = 0; step < MAX_HANDSHAKE_STEPS; step++) {
                switch (engine.getHandshakeStatus()) {
                    case NEED_WRAP -> {
                        wrap(NOTHING.duplicate());
                        flush();
                    }
                    case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                        if (unwrap(unexpected) < 0) {
                            throw new EOFException("the connection ended during the TLS handshake");
                        }
                    }
                    case NEED_TASK -> runTasks();
                    case FINISHED, NOT_HANDSHAKING -> {
                        if (unexpected.position() > 0) {
                            throw new SSLException("data before the end of the TLS handshake");
                        }
                        return;
                    }
                }
            }
            throw new SSLException("the TLS handshake does not end");
        } catch (SSLException e) {
            sendAlert();
            throw e;
        }
    }

    /** Hash of the key that the other side proved to hold. */
    String peerKeyHash() throws IOException {
        return NodeKey.hashOf((X509Certificate) engine.getSession().getPeerCertificates()[0]);
    }

    /** The other side is authenticated: from here on larger buffers are worth their memory. */
    void widen() {
        input = ByteBuffer.allocate(RECORDS_A_CALL * packetBytes).put(input).flip();
        output = ByteBuffer.allocate(RECORDS_A_CALL * packetBytes);
    }

    /** The same socket without TLS from the next byte on, in both directions. */
    PlainWire unwrapped() {
        ByteBuffer readAhead =
                ByteBuffer.allocate(input.remaining()).put(input.duplicate()).flip();
        return new PlainWire(channel, readAhead, sent.get(), received.get());
    }

    /** Says that nothing more comes from here, then takes what is under way, so that the last words arrive. */
    void finish(int maxReads) throws IOException {
        channel.shutdownOutput();
        for (int i = 0; i < maxReads; i++) {
            input.clear();
            if (channel.read(input) < 0) {
                return;
            }
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int before = target.position();
        while (target.position() == before) {
            if (unwrap(target) < 0) {
                return -1;
            }
        }
        return target.position() - before;
    }

    @Override
    public boolean hasInput() {
        if (input.remaining() < RECORD_HEADER_BYTES) {
            return false;
        }
        // RFC 8446, 5.2: type, version, then two bytes of length, big endian
        int fragmentBytes = Short.toUnsignedInt(input.getShort(input.position() + 3));
        return input.remaining() >= RECORD_HEADER_BYTES + fragmentBytes;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            if (output.remaining() < packetBytes) {
                flush();
            }
            wrap(source);
        }
        flush();
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
        return true;
    }

    private void wrap(ByteBuffer source) throws IOException {
        SSLEngineResult result = engine.wrap(source, output);
        switch (result.getStatus()) {
            case OK -> {
                if (result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_TASK) {
                    runTasks();
                } else if (result.bytesProduced() == 0) {
                    throw new SSLException("TLS makes no progress: " + result);
                }
            }
            case CLOSED -> throw new SSLException("the TLS session is closed");
            case BUFFER_OVERFLOW, BUFFER_UNDERFLOW -> throw new SSLException("TLS record out of bounds: " + result);
        }
    }

    private void flush() throws IOException {
        output.flip();
        try {
            while (output.hasRemaining()) {
                sent.addAndGet(channel.write(output));
            }
        } finally {
            output.clear();
        }
    }

    /**
     * Decrypts one record, reading from the network first when there is no whole one. A key update that the peer asks
     * for is answered by the next {@link #wrap}: the reader must never wait for a sender.
     *
     * @return -1 at the end of the stream
     */
    private int unwrap(ByteBuffer target) throws IOException {
        if (!input.hasRemaining() && !fill()) {
            return -1;
        }
        SSLEngineResult result = engine.unwrap(input, target);
        if (result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_TASK) {
            runTasks();
        }
        return switch (result.getStatus()) {
            case OK -> 0;
            case BUFFER_UNDERFLOW -> fill() ? 0 : -1;
            case CLOSED -> -1;
            case BUFFER_OVERFLOW -> throw new SSLException("TLS record larger than allowed: " + result);
        };
    }

    private boolean fill() throws IOException {
        if (input.remaining() == input.capacity()) {
            throw new SSLException("TLS record larger than allowed");
        }
        input.compact();
        try {
            int count = channel.read(input);
            received.addAndGet(Math.max(count, 0));
            return count >= 0;
        } finally {
            input.flip();
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Tells the other side why the TLS handshake failed, where the engine has something to tell. */
    private void sendAlert() {
        try {
            if (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP) {
                output.clear();
                engine.wrap(NOTHING.duplicate(), output);
                flush();
            }
        } catch (IOException e) {
            output.clear(); // the first failure is the one to report
        }
    }
}
