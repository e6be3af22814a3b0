package io.gemel.engine.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The byte stream below the frames. One thread reads, one thread at a time writes; both block. */
sealed interface Wire permits PlainWire, TlsWire {

    /** Room that {@link #read} needs in its target, enough for a TLS record. */
    int MIN_READ_BYTES = 32 << 10;

    /** Appends at least one byte to the target and returns how many, or -1 at the end of the stream. */
    int read(ByteBuffer target) throws IOException;

    /** Whether {@link #read} would return something without waiting for the network. */
    boolean hasInput();

    /** Writes everything from position to limit. */
    void write(ByteBuffer source) throws IOException;

    /** Bytes given to the network. */
    long bytesSent();

    /** Bytes taken from the network. */
    long bytesReceived();

    /** Whether this is TLS. */
    boolean encrypted();
}
