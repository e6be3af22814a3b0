package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Deadline;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Overwrites a small file again and again, and knows the longest that one write took. */
final class WriteProbe implements AutoCloseable {

    private static final byte[] CONTENT = new byte[100];
    private static final long BETWEEN_MS = 5;

    private final RandomAccessFile file;
    private final Thread thread;
    private volatile boolean stopped;
    private long longestNs;
    private Optional<String> error = Optional.empty();

    WriteProbe(Path path) {
        try {
            file = new RandomAccessFile(path.toFile(), "rw");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = Thread.ofPlatform().daemon().name("write-probe").start(this::write);
    }

    private void write() {
        while (!stopped) {
            long begin = System.nanoTime();
            try {
                file.seek(0);
                file.write(CONTENT);
            } catch (IOException e) {
                tell(e.getMessage());
                return;
            }
            took(System.nanoTime() - begin);
            Deadline.pause(BETWEEN_MS);
        }
    }

    private synchronized void took(long ns) {
        longestNs = Math.max(longestNs, ns);
    }

    private synchronized void tell(String why) {
        error = Optional.of(why);
    }

    /** The longest write that ended since this was asked last. */
    synchronized long takeLongestMs() {
        long longest = longestNs;
        longestNs = 0;
        return TimeUnit.NANOSECONDS.toMillis(longest);
    }

    /** Why it writes no more; empty while it does. */
    synchronized Optional<String> error() {
        return error;
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
            file.close();
        } catch (IOException e) {
            tell(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
