package io.gemel.engine.fs;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the engine has in memory of one object. All of it can be found again from the identity, but for objects that
 * are in use without a name, which stay in memory as long as they are used.
 *
 * <p>The object itself is its lock: held from a local change until the operation is on the stream; several are taken in
 * the order of their identities. An inode is used only while pinned, which keeps it the only one of its identity.
 */
final class Inode {

    private static final int EVICTED = -1;
    private static final int NO_DESCRIPTOR = -1;

    final long id;
    final byte[] handle;
    final int type;

    /** Opened for writing as well, if the file system lets us. */
    private volatile int descriptor = NO_DESCRIPTOR;

    private final AtomicInteger pins = new AtomicInteger(1);

    /** Used since the last sweep of the table. */
    volatile boolean touched = true;

    /** Has a link in the graveyard, which is not counted to the application, and a pin for it; guarded by this. */
    volatile boolean unnamed;

    /** Has lost its last name: nothing of it is mirrored any more. */
    volatile boolean orphan;

    /** Has a pin for being an orphan that the kernel did not forget yet; guarded by this. */
    private boolean keptAsOrphan;

    /** Who needs no before image of it any more; of the thread that applies. */
    BeforeImages imagedBy;

    /** Was written since its times were sent. */
    volatile boolean timesDirty;

    Inode(long id, byte[] handle, int type) {
        this.id = id;
        this.handle = handle;
        this.type = type;
    }

    boolean isDirectory() {
        return type == FileStatus.S_IFDIR;
    }

    boolean isRegular() {
        return type == FileStatus.S_IFREG;
    }

    boolean tryPin() {
        while (true) {
            int now = pins.get();
            if (now == EVICTED) {
                return false;
            }
            if (pins.compareAndSet(now, now + 1)) {
                touched = true;
                return true;
            }
        }
    }

    /** Whether that was the last pin. */
    boolean unpin() {
        int now = pins.decrementAndGet();
        if (now < 0) {
            throw new IllegalStateException("inode " + id + " released more often than acquired");
        }
        return now == 0;
    }

    /** It has a link in the graveyard; the caller has it pinned. */
    void becomeUnnamed() {
        if (!unnamed && tryPin()) {
            unnamed = true;
        }
    }

    /** It has no link in the graveyard any more. */
    void becomeNamed() {
        if (unnamed) {
            unnamed = false;
            unpin();
        }
    }

    /** It has no name any more; it stays in memory until the kernel forgets it. The caller has it pinned. */
    synchronized void becomeOrphan() {
        if (!orphan && tryPin()) {
            orphan = true;
            keptAsOrphan = true;
        }
    }

    /** It got a name again. */
    synchronized void endOrphan() {
        orphan = false;
        forgotten();
    }

    /** The kernel forgot it: it may leave memory. It stays an orphan for whoever still has it pinned. */
    synchronized void forgotten() {
        if (keptAsOrphan) {
            keptAsOrphan = false;
            unpin();
        }
    }

    /** Takes the inode out of use if nobody has it pinned. */
    boolean tryEvict() {
        return pins.compareAndSet(0, EVICTED);
    }

    boolean hasDescriptor() {
        return descriptor != NO_DESCRIPTOR;
    }

    /** The cached descriptor, or a negative number. */
    int cachedDescriptor() {
        return descriptor;
    }

    void adoptDescriptor(int fd) {
        descriptor = fd;
    }

    void closeDescriptor() {
        int fd = descriptor;
        descriptor = NO_DESCRIPTOR;
        if (fd != NO_DESCRIPTOR) {
            Posix.close(fd);
        }
    }
}
