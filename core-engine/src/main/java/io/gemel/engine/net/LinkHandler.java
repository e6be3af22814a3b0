package io.gemel.engine.net;

import java.nio.ByteBuffer;

/** What a {@link NodeLink} tells its user; all calls but {@link #onClosed} come from the link's reader thread. */
public interface LinkHandler {

    /**
     * One frame arrived.
     *
     * @param kind the frame's kind, never {@link NodeLink#KIND_KEEPALIVE}
     * @param body a direct buffer, little endian, valid only during the call
     */
    void onFrame(byte kind, ByteBuffer body);

    /** Every complete frame received so far was handed over: the moment to acknowledge. */
    void onDrained();

    /** The link ended: closed here, closed there, broken or silent. Called exactly once, from any thread. */
    void onClosed(String reason);
}
