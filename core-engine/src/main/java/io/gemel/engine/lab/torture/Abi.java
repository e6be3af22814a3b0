package io.gemel.engine.lab.torture;

/**
 * Numbers of the x86-64 kernel interface that the tester needs.
 *
 * <p>Source: {@code include/uapi/asm-generic/fcntl.h}, {@code linux/fcntl.h}, {@code linux/stat.h}, {@code linux/fs.h},
 * {@code linux/falloc.h}, {@code linux/xattr.h}, {@code linux/posix_acl_xattr.h}, {@code asm-generic/errno-base.h} and
 * {@code arch/x86/entry/syscalls/syscall_64.tbl}.
 */
final class Abi {

    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_TRUNC = 0x200;
    static final int O_APPEND = 0x400;
    static final int O_NONBLOCK = 0x800;
    static final int O_DSYNC = 0x1000;
    static final int O_DIRECT = 0x4000;
    static final int O_DIRECTORY = 0x10000;
    static final int O_NOFOLLOW = 0x20000;
    static final int O_NOATIME = 0x40000;
    static final int O_CLOEXEC = 0x80000;
    static final int O_SYNC = 0x101000;
    static final int O_PATH = 0x200000;
    static final int O_TMPFILE = 0x410000;

    static final int AT_FDCWD = -100;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_REMOVEDIR = 0x200;
    static final int AT_EACCESS = 0x200;
    static final int AT_SYMLINK_FOLLOW = 0x400;
    static final int AT_EMPTY_PATH = 0x1000;

    static final int S_IFMT = 0xf000;
    static final int S_IFIFO = 0x1000;
    static final int S_IFCHR = 0x2000;
    static final int S_IFDIR = 0x4000;
    static final int S_IFBLK = 0x6000;
    static final int S_IFREG = 0x8000;
    static final int S_IFLNK = 0xa000;
    static final int S_IFSOCK = 0xc000;

    static final int SEEK_SET = 0;
    static final int SEEK_CUR = 1;
    static final int SEEK_END = 2;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    static final int FALLOC_KEEP_SIZE = 1;
    static final int FALLOC_PUNCH_HOLE = 2;
    static final int FALLOC_ZERO_RANGE = 16;

    static final int RENAME_NOREPLACE = 1;
    static final int RENAME_EXCHANGE = 2;

    static final long UTIME_NOW = 0x3fffffff;
    static final long UTIME_OMIT = 0x3ffffffe;

    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int F_OFD_SETLK = 37;
    static final int F_RDLCK = 0;
    static final int F_WRLCK = 1;
    static final int F_UNLCK = 2;

    static final int PROT_READ_WRITE = 3;
    static final int PROT_READ = 1;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MS_SYNC = 4;

    static final int ENOENT = 2;
    static final int ENXIO = 6;
    static final int EBADF = 9;
    static final int EACCES = 13;
    static final int ENODEV = 19;

    static final long SYS_WRITEV = 20;
    static final long SYS_MSYNC = 26;
    static final long SYS_FLOCK = 73;
    static final long SYS_TRUNCATE = 76;
    static final long SYS_FCHDIR = 81;
    static final long SYS_FCHOWN = 93;
    static final long SYS_SYNC = 162;
    static final long SYS_SETRESUID = 117;
    static final long SYS_SETRESGID = 119;
    static final long SYS_MEMFD_CREATE = 319;

    private Abi() {}

    /** The kind of object in a mode, as one letter of {@code ls}. */
    static char typeOf(int mode) {
        return switch (mode & S_IFMT) {
            case S_IFREG -> 'f';
            case S_IFDIR -> 'd';
            case S_IFLNK -> 'l';
            case S_IFIFO -> 'p';
            case S_IFSOCK -> 's';
            case S_IFCHR -> 'c';
            case S_IFBLK -> 'b';
            default -> '?';
        };
    }
}
