package io.gemel.engine.fs;

/** A copy ended before it was whole, because its peer was lost or given up. */
public final class CopyAborted extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CopyAborted(String reason) {
        super(reason);
    }
}
