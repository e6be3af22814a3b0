package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;

/** Reads all extended attributes of an object into a frame. */
final class XattrReader implements AutoCloseable {

    /** {@code XATTR_LIST_MAX} and {@code XATTR_SIZE_MAX} of Linux. */
    private static final int MAX_BYTES = 64 * 1024;

    private final long names = Memory.allocateResident(2L * MAX_BYTES);
    private final long value = names + MAX_BYTES;

    /**
     * Appends {@code u32 count} and as many {@code name, u32 length, value}.
     *
     * @throws IllegalStateException they cannot be read, or are more than a frame holds
     */
    void append(int fd, FrameWriter frame) {
        long countAt = frame.position();
        frame.u32(0);
        long length = Posix.listxattr(fd, names, MAX_BYTES);
        if (length < 0 && length != -Errno.EOPNOTSUPP) {
            throw new IllegalStateException("extended attributes cannot be listed: " + Errno.describe((int) -length));
        }
        int count = 0;
        for (long name = names; name < names + length; name += Memory.stringLength(name) + 1) {
            long bytes = Posix.getxattr(fd, name, value, MAX_BYTES);
            if (bytes == -Errno.ENODATA) {
                continue;
            }
            if (bytes < 0 || bytes + 512 > frame.room()) {
                throw new IllegalStateException("extended attributes cannot be read or are too large together");
            }
            frame.name(name).bytes(value, (int) bytes);
            count++;
        }
        frame.patch32(countAt, count);
    }

    @Override
    public void close() {
        Memory.free(names, 2L * MAX_BYTES);
    }
}
