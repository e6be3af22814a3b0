package io.gemel.engine.lab.demo;

import io.gemel.protocol.model.Problem;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The journal service's file.
 *
 * <ol>
 *   <li>The file is a run of records: number (8 bytes), writer (8), sequence (8), length (4), that many bytes, CRC-32C
 *       (4) of all before it in the record; big-endian.
 *   <li>Numbers go up by one from 1. A writer's sequences go up; a repeated one is not appended again.
 *   <li>A record whose number was returned is whole and on disk.
 *   <li>What does not end in a good checksum can only be at the end, was never answered, and is cut off on opening.
 * </ol>
 */
final class JournalFile implements AutoCloseable {

    static final int MAX_RECORD_BYTES = 64 * 1024;

    private static final int HEAD_BYTES = 28;
    private static final int TAIL_BYTES = 4;
    private static final String NAME = "journal";

    /** Receives records as they stand in the file. */
    interface Visitor {
        void record(long writer, long sequence, byte[] payload);
    }

    private record Last(long sequence, long number, long end) {}

    private final Path file;
    private final FileChannel channel;
    private final Map<Long, Last> lastOfWriter = new HashMap<>();
    private final Object appending = new Object();
    private final Object syncing = new Object();
    private long count;
    private volatile long end;
    private long syncedEnd;

    private JournalFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Opens the journal in a directory, makes it where there is none, and cuts off a record that is not whole. */
    static JournalFile open(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        JournalFile journal = new JournalFile(file, channel);
        try {
            long[] position = new long[1];
            journal.end = read(file, Long.MAX_VALUE, (writer, sequence, payload) -> {
                position[0] += HEAD_BYTES + payload.length + TAIL_BYTES;
                journal.count++;
                journal.lastOfWriter.put(writer, new Last(sequence, journal.count, position[0]));
            });
            channel.truncate(journal.end);
            channel.force(true);
            try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
                parent.force(true);
            }
            journal.syncedEnd = journal.end;
            return journal;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Appends a record; returns its number once it is on disk. One fdatasync serves all who wait for one.
     *
     * @throws IOException when that is not so; the file must then be opened anew, for what reached the disk is unknown
     */
    long append(long writer, long sequence, byte[] payload) throws IOException {
        Last last;
        synchronized (appending) {
            last = lastOfWriter.get(writer);
            if (last == null || sequence > last.sequence()) {
                last = write(writer, sequence, payload);
            } else if (sequence < last.sequence()) {
                throw new Problem("writer " + writer + " sent record " + sequence + " late", "send records in order");
            }
        }
        sync(last.end());
        return last.number();
    }

    private Last write(long writer, long sequence, byte[] payload) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(HEAD_BYTES + payload.length + TAIL_BYTES);
        record.putLong(count + 1)
                .putLong(writer)
                .putLong(sequence)
                .putInt(payload.length)
                .put(payload);
        CRC32C checksum = new CRC32C();
        checksum.update(record.array(), 0, HEAD_BYTES + payload.length);
        record.putInt((int) checksum.getValue()).flip();
        long position = end;
        while (record.hasRemaining()) {
            position += channel.write(record, position);
        }
        count++;
        end = position;
        Last last = new Last(sequence, count, end);
        lastOfWriter.put(writer, last);
        return last;
    }

    private void sync(long wanted) throws IOException {
        synchronized (syncing) {
            if (syncedEnd < wanted) {
                long reached = end;
                channel.force(false);
                syncedEnd = reached;
            }
        }
    }

    /** How many records there are. */
    long count() {
        synchronized (appending) {
            return count;
        }
    }

    /** Reads the file anew and shows each record whose checksum is good; a {@link Problem} when one is not. */
    void readBack(Visitor visitor) throws IOException {
        long until;
        synchronized (appending) {
            until = end;
        }
        long good = read(file, until, visitor);
        if (good < until) {
            throw new Problem(
                    "the journal " + file + " is damaged at byte " + good, "compare it with the other node's");
        }
    }

    /** Where the good records end. */
    private static long read(Path file, long until, Visitor visitor) throws IOException {
        long position = 0;
        long number = 0;
        try (InputStream raw = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(new BufferedInputStream(raw, MAX_RECORD_BYTES))) {
            byte[] head = new byte[HEAD_BYTES];
            while (position < until) {
                in.readFully(head);
                ByteBuffer fields = ByteBuffer.wrap(head);
                long storedNumber = fields.getLong();
                long writer = fields.getLong();
                long sequence = fields.getLong();
                int length = fields.getInt();
                if (storedNumber != number + 1 || length < 0 || length > MAX_RECORD_BYTES) {
                    break;
                }
                byte[] payload = in.readNBytes(length);
                CRC32C checksum = new CRC32C();
                checksum.update(head);
                checksum.update(payload);
                if (payload.length != length || in.readInt() != (int) checksum.getValue()) {
                    break;
                }
                number++;
                position += HEAD_BYTES + length + TAIL_BYTES;
                visitor.record(writer, sequence, payload);
            }
        } catch (EOFException e) {
            // The last record is not whole: it ends where the one before it ends.
        }
        return position;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
