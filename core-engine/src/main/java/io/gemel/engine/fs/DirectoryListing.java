package io.gemel.engine.fs;

import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;

/** Reads a directory's entries with {@code getdents64(2)}; one batch in memory at a time. */
final class DirectoryListing implements AutoCloseable {

    private static final int BUFFER_BYTES = 32 * 1024;

    /** Most buffers that are kept for the next listing: mapping and locking one costs more than a small listing. */
    private static final int KEPT_BUFFERS = 16;

    private static final ArrayBlockingQueue<Long> FREE = new ArrayBlockingQueue<>(KEPT_BUFFERS);

    private final int fd;
    private final long buffer = takeBuffer();
    private int filled;
    private int at;
    private int error;

    /** @param fd a descriptor of the directory for this listing alone, closed with it */
    DirectoryListing(int fd) {
        this.fd = fd;
    }

    /** A listing of a directory from a descriptor that others use too; {@link #error} tells if it cannot be opened. */
    static DirectoryListing of(int directory) {
        int own = Posix.openat(directory, Posix.scratchPath("."), Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        DirectoryListing listing = new DirectoryListing(own);
        listing.error = Math.min(own, 0);
        return listing;
    }

    /**
     * Takes entries out of a directory that others use too. Renaming while reading may skip entries on some file systems: it
     * is read again until a pass finds nothing.
     *
     * @param isStray whether the entry with this name, see {@link #name}, is to go
     * @param takeAway takes it out
     * @return 0, or the {@code -errno} that ended a listing
     */
    static int takeAway(int directory, LongPredicate isStray, LongConsumer takeAway) {
        int error = 0;
        for (boolean some = true; some && error == 0; ) {
            some = false;
            try (DirectoryListing listing = of(directory)) {
                while (listing.next()) {
                    if (!listing.isDotOrDotDot() && isStray.test(listing.name())) {
                        takeAway.accept(listing.name());
                        some = true;
                    }
                }
                error = listing.error();
            }
        }
        return error;
    }

    void seek(long offset) {
        if (offset != 0 && error == 0) {
            Posix.lseek(fd, offset, Posix.SEEK_SET);
        }
    }

    /** Goes to the next entry; false at the end or at an error. */
    boolean next() {
        if (error < 0) {
            return false;
        }
        at = filled == 0 ? 0 : at + recordBytes();
        if (at >= filled) {
            filled = Posix.getdents(fd, buffer, BUFFER_BYTES);
            at = 0;
            if (filled <= 0) {
                error = filled;
                filled = 0;
                return false;
            }
        }
        return true;
    }

    private int recordBytes() {
        return Memory.getShort(buffer + at + 16) & 0xffff;
    }

    /** 0, or the {@code -errno} that ended the listing. */
    int error() {
        return error;
    }

    long inode() {
        return Memory.getLong(buffer + at);
    }

    /** Where the entry after this one begins, for {@link #seek}. */
    long offsetAfter() {
        return Memory.getLong(buffer + at + 8);
    }

    int type() {
        return Memory.getByte(buffer + at + 18) & 0xff;
    }

    /** Address of the name, NUL-terminated. */
    long name() {
        return buffer + at + 19;
    }

    boolean isDotOrDotDot() {
        long name = name();
        if (Memory.getByte(name) != '.') {
            return false;
        }
        byte second = Memory.getByte(name + 1);
        return second == 0 || (second == '.' && Memory.getByte(name + 2) == 0);
    }

    @Override
    public void close() {
        if (fd >= 0) {
            Posix.close(fd);
        }
        if (!FREE.offer(buffer)) {
            Memory.free(buffer, BUFFER_BYTES);
        }
    }

    private static long takeBuffer() {
        Long kept = FREE.poll();
        return kept == null ? Memory.allocateResident(BUFFER_BYTES) : kept;
    }
}
