package io.gemel.engine.fuse;

/** Numbers of the FUSE protocol 7.45; source: {@code include/uapi/linux/fuse.h} of Linux 6.18. */
public final class FuseProtocol {

    static final int MAJOR = 7;
    static final int MINOR = 45;

    /** Oldest minor version of a kernel that sends what this server needs (INIT with a second flag word). */
    static final int OLDEST_MINOR = 36;

    static final int LOOKUP = 1;
    static final int FORGET = 2;
    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int READLINK = 5;
    static final int SYMLINK = 6;
    static final int MKNOD = 8;
    static final int MKDIR = 9;
    static final int UNLINK = 10;
    static final int RMDIR = 11;
    static final int RENAME = 12;
    static final int LINK = 13;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int FSYNC = 20;
    static final int SETXATTR = 21;
    static final int GETXATTR = 22;
    static final int LISTXATTR = 23;
    static final int REMOVEXATTR = 24;
    static final int FLUSH = 25;
    static final int INIT = 26;
    static final int OPENDIR = 27;
    static final int READDIR = 28;
    static final int RELEASEDIR = 29;
    static final int FSYNCDIR = 30;
    static final int ACCESS = 34;
    static final int CREATE = 35;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int BATCH_FORGET = 42;
    static final int FALLOCATE = 43;
    static final int READDIRPLUS = 44;
    static final int RENAME2 = 45;
    static final int LSEEK = 46;
    static final int COPY_FILE_RANGE = 47;
    static final int SYNCFS = 50;
    static final int TMPFILE = 51;
    static final int STATX = 52;
    static final int COPY_FILE_RANGE_64 = 53;

    /** The node id of a mount's root. */
    public static final long ROOT_ID = 1;

    static final int IN_HEADER_BYTES = 40;
    static final int OUT_HEADER_BYTES = 16;
    static final int WRITE_IN_BYTES = 40;

    static final int ASYNC_READ = 1;
    static final int BIG_WRITES = 1 << 5;
    static final int DONT_MASK = 1 << 6;
    static final int DO_READDIRPLUS = 1 << 13;
    static final int READDIRPLUS_AUTO = 1 << 14;
    static final int ASYNC_DIO = 1 << 15;
    static final int PARALLEL_DIROPS = 1 << 18;
    static final int POSIX_ACL = 1 << 20;
    static final int MAX_PAGES = 1 << 22;
    static final int CACHE_SYMLINKS = 1 << 23;
    static final int HANDLE_KILLPRIV_V2 = 1 << 28;
    static final int SETXATTR_EXT = 1 << 29;
    static final int INIT_EXT = 1 << 30;
    static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;
    static final long HAS_RESEND = 1L << 39;

    /** Notice to the kernel: it is to send again what was not answered. */
    static final int NOTIFY_RESEND = 7;

    public static final int SETATTR_MODE = 1;
    public static final int SETATTR_UID = 1 << 1;
    public static final int SETATTR_GID = 1 << 2;
    public static final int SETATTR_SIZE = 1 << 3;
    public static final int SETATTR_ATIME = 1 << 4;
    public static final int SETATTR_MTIME = 1 << 5;
    public static final int SETATTR_ATIME_NOW = 1 << 7;
    public static final int SETATTR_MTIME_NOW = 1 << 8;
    public static final int SETATTR_KILL_SUIDGID = 1 << 11;

    /** In write_flags: pages that were stored to through a mapping. */
    public static final int WRITE_CACHE = 1;

    /** In write_flags: clear set-user-id, and set-group-id where the group may execute. */
    public static final int WRITE_KILL_SUIDGID = 1 << 2;

    public static final int SETXATTR_ACL_KILL_SGID = 1;

    /** In fsync_flags: the data and the size only. */
    public static final int FSYNC_FDATASYNC = 1;

    /** In open_flags of a reply: keep what the page cache holds of the file. */
    public static final int FOPEN_KEEP_CACHE = 1 << 1;

    /** In open_flags of a directory's reply: its listing may be cached. */
    public static final int FOPEN_CACHE_DIR = 1 << 3;

    private FuseProtocol() {}
}
