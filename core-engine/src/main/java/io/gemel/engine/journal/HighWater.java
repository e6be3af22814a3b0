package io.gemel.engine.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How far the database was on the disk for certain, in a file beside its own: by it, a log that was cut off later is told
 * from one whose end a loss of power took. {@code u64 sequence number, u64 its complement}; a file that is torn says
 * nothing.
 */
final class HighWater {

    private static final String FILE = "SYNCED";
    private static final int BYTES = 2 * Long.BYTES;

    /** A log may lose what is younger than this without anybody seeing it; noting each change would double its cost. */
    private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(5);

    private final Path file;
    private final AtomicLong nextNs = new AtomicLong(System.nanoTime());

    HighWater(Path dir) {
        file = dir.resolve(FILE);
    }

    /** The number that the database has at least; nothing where none was noted. */
    OptionalLong noted() throws IOException {
        if (Files.notExists(file)) {
            return OptionalLong.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        if (bytes.remaining() != BYTES) {
            return OptionalLong.empty();
        }
        long number = bytes.getLong();
        return bytes.getLong() == ~number ? OptionalLong.of(number) : OptionalLong.empty();
    }

    /** Whether it is time to note again; true for one caller. */
    boolean isDue() {
        long due = nextNs.get();
        long now = System.nanoTime();
        return now - due >= 0 && nextNs.compareAndSet(due, now + PERIOD_NS);
    }

    /** Notes that everything up to a number is on the disk. */
    synchronized void note(long number) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(BYTES).putLong(number).putLong(~number).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(bytes, 0);
            channel.force(false);
        }
    }
}
