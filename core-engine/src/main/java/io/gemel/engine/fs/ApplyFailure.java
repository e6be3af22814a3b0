package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;

/** An operation of the stream that this node cannot apply: its copy is no longer the peer's. */
final class ApplyFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ApplyFailure(String reason) {
        super(reason);
    }

    /** Throws unless the result is 0 or more. */
    static long check(long result, String what, Backing backing) {
        if (result < 0) {
            throw new ApplyFailure(what + " failed in " + backing.path + ": " + Errno.describe((int) -result));
        }
        return result;
    }
}
