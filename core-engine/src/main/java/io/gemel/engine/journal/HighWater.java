package io.gemel.engine.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * How far the database was on the disk for certain, in a file beside its own: by it, a log that was cut off later is told
 * from one whose end a loss of power took. {@code u64 sequence number, u64 its complement}; a file that is torn says
 * nothing.
 */
final class HighWater {

    private static final String FILE = "SYNCED";
    private static final int BYTES = 2 * Long.BYTES;

    private final Path file;
    private volatile long last;

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

    /** The number that was noted last by this engine. */
    long last() {
        return last;
    }

    /** Notes that everything up to a number is on the disk. */
    synchronized void note(long number) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(BYTES).putLong(number).putLong(~number).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(bytes, 0);
            channel.force(false);
        }
        last = number;
    }
}
