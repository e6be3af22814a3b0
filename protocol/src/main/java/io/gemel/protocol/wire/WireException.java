package io.gemel.protocol.wire;

/** What came over the wire is not what was expected. */
public final class WireException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With what is wrong, and the error below it, or null. */
    public WireException(String message, Throwable cause) {
        super(message, cause);
    }
}
