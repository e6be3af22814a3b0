package io.gemel.engine.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One established, mutually authenticated connection to the peer node for one module: ordered frames both ways.
 *
 * <p>A frame is {@code u32 body length | u8 kind | u8 version | u16 zero | body}, little endian. Kinds below
 * {@link #FIRST_STREAM_KIND} belong to the link and the brain, the others to the replication stream.
 */
public interface NodeLink {

    /** Bytes of a frame's header. */
    int HEADER_BYTES = 8;

    /** Version of the frame format, in each header. */
    byte FRAME_VERSION = 1;

    /** Largest body: the largest write of the kernel (1 MiB) and room for its own header. */
    int MAX_BODY_BYTES = (1 << 20) + 4096;

    /** Sent when nothing else was, so that silence means loss; never handed to the handler. */
    byte KIND_KEEPALIVE = 0;

    /** A UTF-8 JSON message between the two brains of the module. */
    byte KIND_MESSAGE = 1;

    /** Kinds from here on belong to the replication stream. */
    byte FIRST_STREAM_KIND = 16;

    /** Name of the node at the other end, as in {@code cluster.toml}; its key was proven. */
    String peer();

    /** Starts reading: frames go to the handler from one reader thread. Called once. */
    void start(LinkHandler handler);

    /**
     * Sends one or more whole frames, headers included, from the buffer's position to its limit; returns when the
     * system took them. Concurrent callers do not interleave. Blocks while the peer does not read.
     *
     * @param frames a direct buffer, so that no copy is needed
     * @throws IOException the link is closed or broke
     */
    void send(ByteBuffer frames) throws IOException;

    /** Sends one {@link #KIND_MESSAGE} frame. */
    void sendMessage(String json) throws IOException;

    /** Bytes that went over the wire to the peer, encryption included. */
    long bytesSent();

    /** Bytes that came over the wire from the peer, encryption included. */
    long bytesReceived();

    /** For how long nothing came from the peer while this end was ready to read, in milliseconds. */
    long silentMs();

    /** Whether the stream is encrypted. */
    boolean encrypted();

    /** Closes the link from this side; the handler hears {@link LinkHandler#onClosed} once. */
    void close(String reason);
}
