package io.gemel.engine.lab.volatiledisk;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A disk with a cache that loses its contents with the power.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>The image changes only in {@link #sync} and in {@link #cut}: it is the disk as of the last flush.
 *   <li>A sector is in {@code unsynced} exactly when its newest bytes are in the overlay, at the same offset.
 *   <li>A {@link #sync} that answers 0 copied every sector that was written before it began; after a cut none answers 0.
 * </ol>
 *
 * <p>The image itself is never fsynced: what a cut must not take is what this class put into the image, and this machine
 * does not lose its power.
 *
 * <p>Calls answer as the kernel does: a result of 0 or more, or {@code -errno}.
 */
final class VolatileStore implements AutoCloseable {

    /** The least that a drive writes whole, and so where a long write can be torn. */
    static final int SECTOR_BYTES = 512;

    /** What survives a cut whole or not at all, as on a drive with physical sectors of 4 KiB. */
    static final int BLOCK_BYTES = 4096;

    private static final int SECTORS_PER_BLOCK = BLOCK_BYTES / SECTOR_BYTES;
    private static final int COPY_BYTES = 1 << 20;

    /** The overlay's file is emptied at the flush after it took this much. */
    private static final long OVERLAY_LIMIT_BYTES = 256L << 20;

    private static final int FALLOC_KEEP_SIZE_PUNCH_HOLE = 1 | 2;
    private static final int OWNER_ONLY = 0600;

    private final int image;
    private final int overlay;
    private final long sizeBytes;
    private final long buffer = Memory.allocateResident(COPY_BYTES);

    /** Shared by reads and writes; a flush and a cut have the disk to themselves. */
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    /** Its own monitor guards it and the three fields below. */
    private final BitSet unsynced = new BitSet();

    private long overlayBytes;
    private int lastSector;
    private int lastSectors;

    private volatile boolean off;

    private VolatileStore(int image, int overlay, long sizeBytes) {
        this.image = image;
        this.overlay = overlay;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Opens a disk, all of it flushed.
     *
     * @param image an existing file, its size a multiple of a block
     * @param overlay a file that is made and loses its name at once
     */
    static VolatileStore open(Path image, Path overlay) {
        try {
            long sizeBytes = Files.size(image);
            if (sizeBytes % BLOCK_BYTES != 0 || sizeBytes / SECTOR_BYTES > Integer.MAX_VALUE) {
                throw new IllegalStateException(image + " is no disk: it has " + sizeBytes + " bytes");
            }
            int imageFd = Posix.open(image.toString(), Posix.O_RDWR);
            int overlayFd = Posix.openat(
                    Posix.AT_FDCWD,
                    Posix.scratchPath(overlay.toString()),
                    Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC,
                    OWNER_ONLY);
            if (imageFd < 0 || overlayFd < 0) {
                throw new IllegalStateException(
                        "the disk cannot be opened: image " + imageFd + ", overlay " + overlayFd);
            }
            Files.delete(overlay);
            VolatileStore store = new VolatileStore(imageFd, overlayFd, sizeBytes);
            store.emptyOverlay();
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** Reads the newest bytes to memory; fewer at the end of the disk. */
    int read(long to, long offset, int bytes) {
        Lock shared = lock.readLock();
        shared.lock();
        try {
            if (off) {
                return -Errno.EIO;
            }
            long end = Math.min(sizeBytes, offset + bytes);
            long at = offset;
            while (at < end) {
                int sector = (int) (at / SECTOR_BYTES);
                boolean fromOverlay;
                int runEnd;
                synchronized (unsynced) {
                    fromOverlay = unsynced.get(sector);
                    runEnd = fromOverlay ? unsynced.nextClearBit(sector) : unsynced.nextSetBit(sector);
                }
                long stop = runEnd < 0 ? end : Math.min(end, (long) runEnd * SECTOR_BYTES);
                int result = readFully(fromOverlay ? overlay : image, to + (at - offset), stop - at, at);
                if (result < 0) {
                    return result;
                }
                at = stop;
            }
            return (int) Math.max(0, end - offset);
        } finally {
            shared.unlock();
        }
    }

    private static int readFully(int fd, long to, long bytes, long offset) {
        long done = 0;
        while (done < bytes) {
            long n = Posix.pread(fd, to + done, bytes - done, offset + done);
            if (n <= 0 && n != -Errno.EINTR) {
                return n < 0 ? (int) n : -Errno.EIO;
            }
            done += Math.max(0, n);
        }
        return 0;
    }

    /** Writes into the cache. */
    int write(long from, long offset, int bytes) {
        return change(offset, bytes, () -> {
            long n = Posix.pwriteFully(overlay, from, bytes, offset);
            return n == bytes ? 0 : n < 0 ? (int) n : -Errno.EIO;
        });
    }

    /** Writes zeros into the cache. */
    int zero(long offset, long bytes) {
        return change(offset, bytes, () -> Posix.fallocate(overlay, FALLOC_KEEP_SIZE_PUNCH_HOLE, offset, bytes));
    }

    /** A change of the overlay. */
    private interface Change {
        int make();
    }

    private int change(long offset, long bytes, Change change) {
        if (offset % SECTOR_BYTES != 0 || bytes % SECTOR_BYTES != 0 || offset < 0 || bytes <= 0) {
            return -Errno.EINVAL;
        }
        if (offset + bytes > sizeBytes) {
            return -Errno.ENOSPC;
        }
        Lock shared = lock.readLock();
        shared.lock();
        try {
            int result = off ? -Errno.EIO : change.make();
            if (result == 0) {
                synchronized (unsynced) {
                    lastSector = (int) (offset / SECTOR_BYTES);
                    lastSectors = (int) (bytes / SECTOR_BYTES);
                    unsynced.set(lastSector, lastSector + lastSectors);
                    overlayBytes += bytes;
                }
            }
            return result;
        } finally {
            shared.unlock();
        }
    }

    /** The flush: what was written before survives every cut after it. */
    int sync() {
        Lock alone = lock.writeLock();
        alone.lock();
        try {
            synchronized (unsynced) {
                for (int from = unsynced.nextSetBit(0); from >= 0; from = unsynced.nextSetBit(from)) {
                    int to = Math.min(unsynced.nextClearBit(from), from + COPY_BYTES / SECTOR_BYTES);
                    // A cut in the middle leaves a part; what it leaves of the others is the cut's to decide.
                    int result = off ? -Errno.EIO : keep(from, to);
                    if (result < 0) {
                        return result;
                    }
                }
                lastSectors = 0;
                if (overlayBytes > OVERLAY_LIMIT_BYTES) {
                    emptyOverlay();
                }
                return off ? -Errno.EIO : 0;
            }
        } finally {
            alone.unlock();
        }
    }

    /** Gives the overlay's space back; it reads as zeros then. */
    private void emptyOverlay() {
        int emptied = Posix.ftruncate(overlay, 0);
        int result = emptied < 0 ? emptied : Posix.ftruncate(overlay, sizeBytes);
        if (result < 0) {
            throw new IllegalStateException("the overlay cannot be emptied: " + Errno.describe(-result));
        }
        overlayBytes = 0;
    }

    /** Copies sectors, at most {@link #COPY_BYTES}, to the image. */
    private int keep(int from, int to) {
        long offset = (long) from * SECTOR_BYTES;
        long bytes = (long) (to - from) * SECTOR_BYTES;
        int read = readFully(overlay, buffer, bytes, offset);
        if (read < 0) {
            return read;
        }
        long written = Posix.pwriteFully(image, buffer, bytes, offset);
        if (written != bytes) {
            return written < 0 ? (int) written : -Errno.EIO;
        }
        unsynced.clear(from, to);
        return 0;
    }

    /**
     * The power goes: from now on every call fails with EIO and nothing reaches the image but what survives.
     *
     * @throws IllegalStateException the power is off already, or this machine cannot write the image
     */
    PowerCut.Outcome cut(PowerCut cut) {
        off = true;
        Lock alone = lock.writeLock();
        alone.lock();
        try {
            synchronized (unsynced) {
                return switch (cut.loss()) {
                    case ALL -> {
                        long lost = blocks();
                        unsynced.clear();
                        yield new PowerCut.Outcome(lost, 0, 0);
                    }
                    case SOME -> survive(new Random(cut.seed()));
                };
            }
        } finally {
            alone.unlock();
        }
    }

    private long blocks() {
        long count = 0;
        for (int s = unsynced.nextSetBit(0); s >= 0; s = unsynced.nextSetBit(nextBlock(s))) {
            count++;
        }
        return count;
    }

    private static int nextBlock(int sector) {
        return (sector / SECTORS_PER_BLOCK + 1) * SECTORS_PER_BLOCK;
    }

    private PowerCut.Outcome survive(Random lot) {
        // Some drives had written nearly all, some nearly nothing: the lot decides that first.
        double share = lot.nextDouble();
        int torn = tear(lot);
        long kept = 0;
        long lost = torn > 0 ? (lastSectors - torn + SECTORS_PER_BLOCK - 1) / SECTORS_PER_BLOCK : 0;
        for (int s = unsynced.nextSetBit(0); s >= 0; s = unsynced.nextSetBit(s)) {
            int end = nextBlock(s);
            if (lot.nextDouble() < share) {
                keepRuns(s, end);
                kept++;
            } else {
                unsynced.clear(s, end);
                lost++;
            }
        }
        return new PowerCut.Outcome(lost, kept, (long) torn * SECTOR_BYTES);
    }

    /**
     * Lets the first sectors of the last write survive and the others not. A write within one block is not torn: drives
     * with physical sectors of 4 KiB write it whole, and file systems stake their superblock on it.
     *
     * @return how many sectors survive; 0 when nothing was torn
     */
    private int tear(Random lot) {
        if (lastSectors <= SECTORS_PER_BLOCK) {
            return 0;
        }
        int survive = 1 + lot.nextInt(lastSectors - 1);
        keepRuns(lastSector, lastSector + survive);
        unsynced.clear(lastSector + survive, lastSector + lastSectors);
        return survive;
    }

    private void keepRuns(int from, int end) {
        for (int s = unsynced.nextSetBit(from); s >= 0 && s < end; s = unsynced.nextSetBit(s)) {
            int to = Math.min(Math.min(end, unsynced.nextClearBit(s)), s + COPY_BYTES / SECTOR_BYTES);
            int result = keep(s, to);
            if (result < 0) {
                throw new IllegalStateException("the disk's image cannot be written: " + Errno.describe(-result));
            }
        }
    }

    @Override
    public void close() {
        Posix.close(image);
        Posix.close(overlay);
        Memory.free(buffer, COPY_BYTES);
    }
}
