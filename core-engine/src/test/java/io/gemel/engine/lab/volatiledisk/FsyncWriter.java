package io.gemel.engine.lab.volatiledisk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/**
 * A program that writes numbered records and says a number only once it is on the disk; and one that checks, after the
 * disk lost its power, that all that were said are there.
 *
 * <p>Every record is appended to a log and fsynced; every eighth is a file of its own too, renamed into its place.
 */
public final class FsyncWriter {

    private static final int EVERY = 8;
    private static final int LARGEST_RECORD = 20_000;
    private static final int HEADER_BYTES = 8;

    private FsyncWriter() {}

    /** With a directory: writes until the disk fails. With a number after it: checks the records up to that. */
    public static void main(String[] args) throws IOException {
        if (args.length == 1) {
            writeTo(Path.of(args[0]));
            return;
        }
        String missing = missing(Path.of(args[0]), Integer.parseInt(args[1]));
        if (!missing.isEmpty()) {
            System.out.println("lost: " + missing);
            System.exit(1);
        }
    }

    private static void writeTo(Path directory) throws IOException {
        Files.createDirectories(directory);
        sync(directory);
        sync(directory.getParent());
        try (FileChannel log =
                FileChannel.open(directory.resolve("log"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            log.force(true);
            sync(directory);
            for (int number = 1; ; number++) {
                write(log, record(number));
                log.force(number % 2 == 0);
                if (number % EVERY == 0) {
                    writeFile(directory, number);
                }
                System.out.println(number);
                System.out.flush();
            }
        }
    }

    private static void writeFile(Path directory, int number) throws IOException {
        Path fresh = directory.resolve("fresh");
        try (FileChannel file = FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(file, record(number));
            file.force(true);
        }
        Files.move(fresh, directory.resolve("record-" + number), StandardCopyOption.ATOMIC_MOVE);
        sync(directory);
    }

    private static void write(FileChannel file, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
    }

    /** The bytes of a record: its number, its length, and what the number decides. */
    private static byte[] record(int number) {
        Random random = new Random(number);
        byte[] payload = new byte[random.nextInt(LARGEST_RECORD)];
        random.nextBytes(payload);
        return ByteBuffer.allocate(HEADER_BYTES + payload.length)
                .putInt(number)
                .putInt(payload.length)
                .put(payload)
                .array();
    }

    /** What is missing or wrong, of the records up to one that was said; empty when nothing is. */
    private static String missing(Path directory, int said) throws IOException {
        try (FileChannel log = FileChannel.open(directory.resolve("log"))) {
            for (int number = 1; number <= said; number++) {
                byte[] expected = record(number);
                ByteBuffer found = ByteBuffer.allocate(expected.length);
                while (found.hasRemaining() && log.read(found) > 0) {
                    // Until it is whole or the file ends.
                }
                if (!found.flip().equals(ByteBuffer.wrap(expected))) {
                    return "record " + number + " of " + said + " in the log";
                }
                Path file = directory.resolve("record-" + number);
                if (number % EVERY == 0
                        && !(Files.exists(file)
                                && ByteBuffer.wrap(Files.readAllBytes(file)).equals(ByteBuffer.wrap(expected)))) {
                    return "the file of record " + number + " of " + said;
                }
            }
        }
        return "";
    }
}
