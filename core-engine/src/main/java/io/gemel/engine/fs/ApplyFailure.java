package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import java.util.Set;

/** An operation of the stream that this node cannot apply: its copy is no longer the peer's. */
class ApplyFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Errors of the disk alone: the operation was right, and what it was about is known. */
    private static final Set<Integer> OF_DISK = Set.of(Errno.ENOSPC, Errno.EDQUOT, Errno.EIO, Errno.EROFS);

    private final int diskError;

    ApplyFailure(String reason) {
        this(reason, 0);
    }

    ApplyFailure(String reason, int errno) {
        super(reason);
        diskError = OF_DISK.contains(errno) ? errno : 0;
    }

    /** The error number where only the disk is to blame; 0 when the copy itself is not as the peer takes it to be. */
    int diskError() {
        return diskError;
    }

    /** Throws unless the result is 0 or more. */
    static long check(long result, String what, Backing backing) {
        if (result < 0) {
            throw new ApplyFailure(
                    what + " failed in " + backing.path + ": " + Errno.describe((int) -result), (int) -result);
        }
        return result;
    }
}
