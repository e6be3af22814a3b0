package io.gemel.engine.lab.torture;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What one operation answered, in the form in which two sides are compared.
 *
 * @param result the call's result, or {@code -errno}
 * @param detail what it gave beside its result: a checksum of the bytes read, names, attributes
 */
record Outcome(long result, String detail) {

    private static final Map<Long, String> ERRORS = Map.ofEntries(
            Map.entry(1L, "EPERM"),
            Map.entry(2L, "ENOENT"),
            Map.entry(5L, "EIO"),
            Map.entry(6L, "ENXIO"),
            Map.entry(7L, "E2BIG"),
            Map.entry(9L, "EBADF"),
            Map.entry(11L, "EAGAIN"),
            Map.entry(12L, "ENOMEM"),
            Map.entry(13L, "EACCES"),
            Map.entry(14L, "EFAULT"),
            Map.entry(16L, "EBUSY"),
            Map.entry(17L, "EEXIST"),
            Map.entry(18L, "EXDEV"),
            Map.entry(19L, "ENODEV"),
            Map.entry(20L, "ENOTDIR"),
            Map.entry(21L, "EISDIR"),
            Map.entry(22L, "EINVAL"),
            Map.entry(24L, "EMFILE"),
            Map.entry(25L, "ENOTTY"),
            Map.entry(26L, "ETXTBSY"),
            Map.entry(27L, "EFBIG"),
            Map.entry(28L, "ENOSPC"),
            Map.entry(29L, "ESPIPE"),
            Map.entry(30L, "EROFS"),
            Map.entry(31L, "EMLINK"),
            Map.entry(34L, "ERANGE"),
            Map.entry(36L, "ENAMETOOLONG"),
            Map.entry(38L, "ENOSYS"),
            Map.entry(39L, "ENOTEMPTY"),
            Map.entry(40L, "ELOOP"),
            Map.entry(61L, "ENODATA"),
            Map.entry(75L, "EOVERFLOW"),
            Map.entry(95L, "EOPNOTSUPP"),
            Map.entry(103L, "ECONNABORTED"),
            Map.entry(107L, "ENOTCONN"),
            Map.entry(116L, "ESTALE"));

    static Outcome of(long result) {
        return new Outcome(result, "");
    }

    static String errorName(long errno) {
        return ERRORS.getOrDefault(errno, "errno " + errno);
    }

    /** A result as text: the number, or the error's name. */
    static String text(long result) {
        return result < 0 ? errorName(-result) : Long.toString(result);
    }

    /** The checksum of the first {@code length} bytes. */
    static String checksum(MemorySegment bytes, long length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asSlice(0, length).asByteBuffer());
        return "crc32c=%08x".formatted(crc.getValue());
    }

    boolean failed() {
        return result < 0;
    }

    @Override
    public String toString() {
        return detail.isEmpty() ? text(result) : text(result) + " " + detail;
    }
}
