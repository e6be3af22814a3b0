package io.gemel.engine.os;

/**
 * Lets one platform thread make files for other users: owner, group and file mode mask are the caller's, the right to
 * do so is root's. Linux keeps all of these per thread.
 *
 * <p>The thread must be prepared once. Its root capabilities stay when its file-system user changes (secure bit
 * {@code SECBIT_NO_SETUID_FIXUP}); its mask is its own ({@code unshare(CLONE_FS)}).
 */
public final class ThreadCredentials {

    private static final int PR_SET_SECUREBITS = 28;
    private static final int SECBIT_NO_SETUID_FIXUP = 1 << 2;
    private static final int CLONE_FS = 0x200;

    private int uid;
    private int gid;
    private int mask;

    private ThreadCredentials() {}

    /** Prepares the calling thread, for good. */
    public static ThreadCredentials ofThisThread() {
        require(Syscall.call(SyscallNumber.PRCTL, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), "keep capabilities");
        require(Syscall.call(SyscallNumber.UNSHARE, CLONE_FS), "own file mode mask");
        ThreadCredentials credentials = new ThreadCredentials();
        Syscall.call(SyscallNumber.UMASK, 0);
        return credentials;
    }

    private static void require(long result, String what) {
        if (result < 0) {
            throw new IllegalStateException(
                    "the thread cannot " + what + ": " + Errno.describe((int) -result) + "; the engine needs root");
        }
    }

    /** From now on this thread makes files as this user and group with this mask. */
    public void become(int newUid, int newGid, int newMask) {
        if (newGid != gid) {
            Syscall.call(SyscallNumber.SETFSGID, newGid & 0xffffffffL);
            gid = newGid;
        }
        if (newUid != uid) {
            Syscall.call(SyscallNumber.SETFSUID, newUid & 0xffffffffL);
            uid = newUid;
        }
        if (newMask != mask) {
            Syscall.call(SyscallNumber.UMASK, newMask);
            mask = newMask;
        }
    }

    /** Root again, with no mask. */
    public void restore() {
        become(0, 0, 0);
    }
}
