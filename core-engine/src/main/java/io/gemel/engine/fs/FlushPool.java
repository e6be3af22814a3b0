package io.gemel.engine.fs;

import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.ChangeStore;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Flushes files of the copy beside the stream, so that a slow disk does not hold up what comes after. */
final class FlushPool implements AutoCloseable {

    private static final int THREADS = 4;
    private static final long CLOSE_MS = 30_000;

    /** Who is told that a flush ended, with 0 or an error number. */
    @FunctionalInterface
    interface Done {
        void flushed(long sequence, int errno);
    }

    private final ExecutorService threads = Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("flush-", 0).factory());

    /** Flushes one file, then unpins it. */
    void flush(long sequence, Backing backing, Inode inode, int fd, boolean dataOnly, Done done) {
        threads.execute(() -> {
            int result = dataOnly ? Posix.fdatasync(fd) : Posix.fsync(fd);
            backing.inodes.release(inode);
            done.flushed(sequence, -result);
        });
    }

    /** Flushes the file systems of all directories, and the journal. */
    void flushAll(long sequence, List<Backing> directories, ChangeStore journal, Done done) {
        threads.execute(() -> {
            int failed = 0;
            for (Backing directory : directories) {
                int result = Posix.syncfs(directory.rootFd());
                failed = result < 0 ? -result : failed;
            }
            journal.flush();
            done.flushed(sequence, failed);
        });
    }

    /** Waits for what is under way. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_MS, TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
