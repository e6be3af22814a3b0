package io.gemel.engine.fuse;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;

/** Writes the structures of answers; source of the layouts: {@code fuse.h}. */
public final class FuseReplies {

    public static final int ATTR_BYTES = 88;
    public static final int ATTR_OUT_BYTES = 104;
    public static final int ENTRY_BYTES = 128;
    public static final int OPEN_BYTES = 16;
    public static final int STATX_OUT_BYTES = 288;
    public static final int STATFS_BYTES = 80;
    public static final int DIRENT_BYTES = 24;
    public static final int WRITE_BYTES = 8;

    /**
     * How long the kernel may trust names and attributes, seconds: very long, because every change goes through this
     * mount and the kernel keeps account of them itself.
     */
    private static final long VALID_SECONDS = 86_400;

    private FuseReplies() {}

    /** {@code struct fuse_attr}. */
    public static void attr(long at, FileStatus status) {
        Memory.putLong(at, status.inode);
        Memory.putLong(at + 8, status.size);
        Memory.putLong(at + 16, status.blocks);
        Memory.putLong(at + 24, status.accessSeconds);
        Memory.putLong(at + 32, status.modifySeconds);
        Memory.putLong(at + 40, status.changeSeconds);
        Memory.putInt(at + 48, status.accessNanos);
        Memory.putInt(at + 52, status.modifyNanos);
        Memory.putInt(at + 56, status.changeNanos);
        Memory.putInt(at + 60, status.mode);
        Memory.putInt(at + 64, status.links);
        Memory.putInt(at + 68, status.uid);
        Memory.putInt(at + 72, status.gid);
        Memory.putInt(at + 76, status.device());
        Memory.putInt(at + 80, status.blockSize);
        Memory.putInt(at + 84, 0);
    }

    /** {@code struct fuse_attr_out}; its length. */
    public static int attrOut(long at, FileStatus status) {
        Memory.putLong(at, VALID_SECONDS);
        Memory.putLong(at + 8, 0);
        attr(at + 16, status);
        return ATTR_OUT_BYTES;
    }

    /** {@code struct fuse_entry_out}; its length. */
    public static int entry(long at, long node, FileStatus status) {
        Memory.putLong(at, node);
        Memory.putLong(at + 8, 1);
        Memory.putLong(at + 16, VALID_SECONDS);
        Memory.putLong(at + 24, VALID_SECONDS);
        Memory.putLong(at + 32, 0);
        attr(at + 40, status);
        return ENTRY_BYTES;
    }

    /** An entry that says: no such name, and you may remember that. */
    public static int noEntry(long at) {
        Memory.zero(at, ENTRY_BYTES);
        Memory.putLong(at + 16, VALID_SECONDS);
        return ENTRY_BYTES;
    }

    /** {@code struct fuse_open_out}; its length. */
    public static int open(long at, long handle, int flags) {
        Memory.putLong(at, handle);
        Memory.putInt(at + 8, flags);
        Memory.putInt(at + 12, 0);
        return OPEN_BYTES;
    }

    /** {@code struct fuse_write_out}; its length. */
    public static int written(long at, int bytes) {
        Memory.putInt(at, bytes);
        Memory.putInt(at + 4, 0);
        return WRITE_BYTES;
    }

    /** {@code struct fuse_statx_out} with the basic attributes and the time of birth; its length. */
    public static int statx(long at, FileStatus s) {
        Memory.zero(at, STATX_OUT_BYTES);
        Memory.putLong(at, VALID_SECONDS);
        long x = at + 32;
        Memory.putInt(x, s.mask);
        Memory.putInt(x + 4, s.blockSize);
        Memory.putInt(x + 16, s.links);
        Memory.putInt(x + 20, s.uid);
        Memory.putInt(x + 24, s.gid);
        Memory.putShort(x + 28, (short) s.mode);
        Memory.putLong(x + 32, s.inode);
        Memory.putLong(x + 40, s.size);
        Memory.putLong(x + 48, s.blocks);
        time(x + 64, s.accessSeconds, s.accessNanos);
        time(x + 80, s.birthSeconds, s.birthNanos);
        time(x + 96, s.changeSeconds, s.changeNanos);
        time(x + 112, s.modifySeconds, s.modifyNanos);
        Memory.putInt(x + 128, s.deviceMajor);
        Memory.putInt(x + 132, s.deviceMinor);
        Memory.putInt(x + 136, s.onMajor);
        Memory.putInt(x + 140, s.onMinor);
        return STATX_OUT_BYTES;
    }

    private static void time(long at, long seconds, int nanos) {
        Memory.putLong(at, seconds);
        Memory.putInt(at + 8, nanos);
    }

    /** {@code struct fuse_statfs_out} from a {@code struct statfs} of x86-64; its length. */
    public static int statfs(long at, long from) {
        Memory.zero(at, STATFS_BYTES);
        for (int field = 0; field < 5; field++) {
            Memory.putLong(at + 8L * field, Memory.getLong(from + 16 + 8L * field));
        }
        Memory.putInt(at + 40, (int) Memory.getLong(from + 8));
        Memory.putInt(at + 44, (int) Memory.getLong(from + 64));
        Memory.putInt(at + 48, (int) Memory.getLong(from + 72));
        return STATFS_BYTES;
    }

    /** {@code struct fuse_dirent} with its name, padded to 8 bytes; the padded length. */
    public static int dirent(long at, long inode, long offset, int type, long name, int nameBytes) {
        Memory.putLong(at, inode);
        Memory.putLong(at + 8, offset);
        Memory.putInt(at + 16, nameBytes);
        Memory.putInt(at + 20, type);
        Memory.copy(name, at + DIRENT_BYTES, nameBytes);
        int padded = direntBytes(nameBytes);
        for (int i = DIRENT_BYTES + nameBytes; i < padded; i++) {
            Memory.putByte(at + i, (byte) 0);
        }
        return padded;
    }

    public static int direntBytes(int nameBytes) {
        return (DIRENT_BYTES + nameBytes + 7) & ~7;
    }
}
