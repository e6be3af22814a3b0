package io.gemel.engine.fs;

import io.gemel.engine.os.FileStatus;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many objects a directory got since an identity, and what they hold.
 *
 * @param objects that are still there
 * @param bytes that they take on the disk
 * @param exact whether {@code bytes} has all of them
 */
public record NewObjects(long objects, long bytes, boolean exact) {

    /** Most objects that are opened to see what they hold. */
    private static final int MAX_OPENED = 20_000;

    private static final int STATUS_BLOCK_BYTES = 512;

    /** Counts them. */
    public static NewObjects since(Backing backing, long born) {
        AtomicLong objects = new AtomicLong();
        AtomicLong bytes = new AtomicLong();
        FileStatus status = new FileStatus();
        backing.identities.forEachFrom(born, id -> {
            if (objects.incrementAndGet() <= MAX_OPENED) {
                Inode inode = backing.inodes.acquire(id);
                if (inode != null) {
                    if (inode.isRegular() && backing.status(inode, status) == 0) {
                        bytes.addAndGet(status.blocks * STATUS_BLOCK_BYTES);
                    }
                    backing.inodes.release(inode);
                }
            }
        });
        return new NewObjects(objects.get(), bytes.get(), objects.get() <= MAX_OPENED);
    }
}
