package io.gemel.protocol.model;

/**
 * The node link of a module, as the answering node sees it: both nodes of a module show the same link.
 *
 * @param up whether it stands
 * @param bytesSent bytes that the answering node sent over it, encryption included
 * @param bytesReceived bytes that the answering node received over it
 * @param encrypted whether the stream is encrypted; false while it is down
 */
public record LinkState(boolean up, long bytesSent, long bytesReceived, boolean encrypted) {
    /** No link. */
    public static final LinkState DOWN = new LinkState(false, 0, 0, false);
}
