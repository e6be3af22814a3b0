package io.gemel.engine.os;

/** Error numbers of Linux; source: {@code include/uapi/asm-generic/errno*.h}. */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTTY = 25;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ETXTBSY = 26;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EMLINK = 31;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EOPNOTSUPP = 95;
    public static final int ENOTCONN = 107;
    public static final int ESTALE = 116;
    public static final int EDQUOT = 122;
    public static final int ECONNABORTED = 103;
    public static final int EOVERFLOW = 75;
    public static final int ETIMEDOUT = 110;

    private Errno() {}

    /** The name of an error number, with what it means, for people: {@code "ENOSPC (no space left on device)"}. */
    public static String describe(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM (operation not permitted)";
            case ENOENT -> "ENOENT (no such file or directory)";
            case EINTR -> "EINTR (interrupted system call)";
            case EIO -> "EIO (i/o error)";
            case ENXIO -> "ENXIO (no such device or address)";
            case E2BIG -> "E2BIG (argument list too long)";
            case EBADF -> "EBADF (bad file number)";
            case EAGAIN -> "EAGAIN (try again)";
            case ENOMEM -> "ENOMEM (out of memory)";
            case EACCES -> "EACCES (permission denied)";
            case EBUSY -> "EBUSY (device or resource busy)";
            case EEXIST -> "EEXIST (file exists)";
            case EXDEV -> "EXDEV (cross-device link)";
            case ENODEV -> "ENODEV (no such device)";
            case ENOTDIR -> "ENOTDIR (not a directory)";
            case EISDIR -> "EISDIR (is a directory)";
            case EINVAL -> "EINVAL (invalid argument)";
            case ETXTBSY -> "ETXTBSY (text file busy)";
            case EFBIG -> "EFBIG (file too large)";
            case ENOSPC -> "ENOSPC (no space left on device)";
            case EROFS -> "EROFS (read-only file system)";
            case EMLINK -> "EMLINK (too many links)";
            case ERANGE -> "ERANGE (math result not representable)";
            case ENAMETOOLONG -> "ENAMETOOLONG (file name too long)";
            case ENOSYS -> "ENOSYS (invalid system call number)";
            case ENOTEMPTY -> "ENOTEMPTY (directory not empty)";
            case ELOOP -> "ELOOP (too many symbolic links encountered)";
            case ENODATA -> "ENODATA (no data available)";
            case EOPNOTSUPP -> "EOPNOTSUPP (operation not supported on transport endpoint)";
            case ENOTCONN -> "ENOTCONN (transport endpoint is not connected)";
            case ESTALE -> "ESTALE (stale file handle)";
            case EDQUOT -> "EDQUOT (quota exceeded)";
            case ECONNABORTED -> "ECONNABORTED (software caused connection abort)";
            case EOVERFLOW -> "EOVERFLOW (value too large for defined data type)";
            case ETIMEDOUT -> "ETIMEDOUT (connection timed out)";
            default -> "errno " + errno;
        };
    }
}
