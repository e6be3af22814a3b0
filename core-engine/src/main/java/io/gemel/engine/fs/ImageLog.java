package io.gemel.engine.fs;

import io.gemel.engine.fs.ObjectAttributes.Xattr;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The log of the before images of one replicated directory. Invariants:
 *
 * <ol>
 *   <li>It is a sequence of records {@code u32 bytes, u32 CRC32C, payload}, big-endian, the first of them the header. It
 *       ends before the first record that is not whole.
 *   <li>What a record says was so before the first change of the object since {@code sinceMs}, and the record was
 *       written, though not flushed, before that change. So it holds while the kernel runs whose boot is named.
 *   <li>A directory's listing is whole once its last part is there; before that nothing of the directory changed.
 *   <li>An object said to be made was not there before.
 * </ol>
 */
final class ImageLog implements AutoCloseable {

    static final String NAME = "log";

    private static final int VERSION = 1;
    private static final byte HEADER = 1;
    private static final byte OBJECT = 2;
    private static final byte ENTRIES = 3;
    private static final byte MADE = 4;
    private static final int FRAME_BYTES = 2 * Integer.BYTES;

    /** Beyond any record that is written. */
    private static final int MAX_RECORD_BYTES = 64 << 20;

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * The first record.
     *
     * @param sinceMs when the images began, milliseconds of the epoch
     * @param boot names the run of the kernel
     */
    record Header(long sinceMs, String boot) {
        boolean isOfThisBoot() {
            return boot.equals(thisBoot());
        }
    }

    /**
     * An object as it was.
     *
     * @param number of its inode
     * @param content number of the clone of its content, or 0
     */
    record Image(long number, ByteBuffer handle, ObjectAttributes attributes, long content) {}

    /**
     * An entry of a directory.
     *
     * @param name its bytes, one a character
     */
    record Entry(String name, ByteBuffer handle) {}

    /** Who reads a log. */
    interface Reader {
        void object(Image image);

        void entries(long number, List<Entry> part, boolean isLast);

        void made(long number);
    }

    private final RandomAccessFile file;
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(payload);

    private ImageLog(RandomAccessFile file) {
        this.file = file;
    }

    /** Not by a channel, which an interruption of the thread would close. */
    private static RandomAccessFile open(int directory) throws IOException {
        return new RandomAccessFile(path(directory).toFile(), "rw");
    }

    static Path path(int directory) {
        return Path.of("/proc/self/fd/" + directory, NAME);
    }

    /** Begins a log in a directory. */
    static ImageLog create(int directory, long sinceMs) throws IOException {
        RandomAccessFile file = open(directory);
        file.setLength(0);
        ImageLog log = new ImageLog(file);
        log.out.writeByte(HEADER);
        log.out.writeInt(VERSION);
        log.out.writeLong(sinceMs);
        log.out.writeUTF(thisBoot());
        log.write();
        return log;
    }

    /** Goes on with a log; what it has is read first. */
    static ImageLog goOn(int directory, Reader reader) throws IOException {
        long whole = read(path(directory), reader);
        RandomAccessFile file = open(directory);
        file.setLength(whole);
        file.seek(whole);
        return new ImageLog(file);
    }

    static String thisBoot() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The header of a log; empty when there is none that this version can read. */
    static Optional<Header> header(Path log) {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(log)))) {
            Optional<byte[]> first = next(in);
            if (first.isEmpty()) {
                return Optional.empty();
            }
            DataInputStream record = new DataInputStream(new ByteArrayInputStream(first.get()));
            return record.readByte() == HEADER && record.readInt() == VERSION
                    ? Optional.of(new Header(record.readLong(), record.readUTF()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Reads all whole records; how many bytes those are. */
    static long read(Path log, Reader reader) throws IOException {
        long whole = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(log)))) {
            for (Optional<byte[]> record = next(in); record.isPresent(); record = next(in)) {
                whole += FRAME_BYTES + record.get().length;
                take(new DataInputStream(new ByteArrayInputStream(record.get())), reader);
            }
        }
        return whole;
    }

    private static Optional<byte[]> next(DataInputStream in) throws IOException {
        byte[] frame = in.readNBytes(FRAME_BYTES);
        if (frame.length < FRAME_BYTES) {
            return Optional.empty();
        }
        ByteBuffer numbers = ByteBuffer.wrap(frame);
        int bytes = numbers.getInt();
        if (bytes <= 0 || bytes > MAX_RECORD_BYTES) {
            return Optional.empty();
        }
        byte[] record = in.readNBytes(bytes);
        return record.length == bytes && crc(record) == numbers.getInt() ? Optional.of(record) : Optional.empty();
    }

    private static int crc(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(record);
        return (int) crc.getValue();
    }

    private static void take(DataInputStream in, Reader reader) throws IOException {
        byte kind = in.readByte();
        switch (kind) {
            case HEADER -> {}
            case OBJECT -> reader.object(new Image(in.readLong(), blob(in), attributes(in), in.readLong()));
            case ENTRIES -> {
                long number = in.readLong();
                boolean isLast = in.readBoolean();
                List<Entry> entries = new ArrayList<>();
                while (in.available() > 0) {
                    entries.add(new Entry(text(in), blob(in)));
                }
                reader.entries(number, entries, isLast);
            }
            case MADE -> reader.made(in.readLong());
            default -> throw new IOException("a record of unknown kind " + kind);
        }
    }

    private static ObjectAttributes attributes(DataInputStream in) throws IOException {
        int mode = in.readInt();
        int uid = in.readInt();
        int gid = in.readInt();
        long sizeBytes = in.readLong();
        long seconds = in.readLong();
        int nanos = in.readInt();
        int count = in.readInt();
        List<Xattr> xattrs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            xattrs.add(new Xattr(text(in), blob(in)));
        }
        return new ObjectAttributes(mode, uid, gid, sizeBytes, seconds, nanos, xattrs);
    }

    private static ByteBuffer blob(DataInputStream in) throws IOException {
        return ByteBuffer.wrap(in.readNBytes(in.readInt()));
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(bytes(blob(in)), StandardCharsets.ISO_8859_1);
    }

    /** The bytes of a handle, or of another value. */
    static byte[] bytes(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return bytes;
    }

    private void blob(ByteBuffer bytes) throws IOException {
        out.writeInt(bytes.remaining());
        out.write(bytes(bytes));
    }

    private void text(String name) throws IOException {
        blob(ByteBuffer.wrap(name.getBytes(StandardCharsets.ISO_8859_1)));
    }

    void object(Image image) throws IOException {
        ObjectAttributes a = image.attributes();
        out.writeByte(OBJECT);
        out.writeLong(image.number());
        blob(image.handle());
        out.writeInt(a.mode());
        out.writeInt(a.uid());
        out.writeInt(a.gid());
        out.writeLong(a.sizeBytes());
        out.writeLong(a.modifySeconds());
        out.writeInt(a.modifyNanos());
        out.writeInt(a.xattrs().size());
        for (Xattr xattr : a.xattrs()) {
            text(xattr.name());
            blob(xattr.value());
        }
        out.writeLong(image.content());
        write();
    }

    /** A part of a directory's listing; the parts follow one another. */
    void entries(long number, List<Entry> part, boolean isLast) throws IOException {
        out.writeByte(ENTRIES);
        out.writeLong(number);
        out.writeBoolean(isLast);
        for (Entry entry : part) {
            text(entry.name());
            blob(entry.handle());
        }
        write();
    }

    void made(long number) throws IOException {
        out.writeByte(MADE);
        out.writeLong(number);
        write();
    }

    /** Writes what was put together as a record. */
    private void write() throws IOException {
        byte[] record = payload.toByteArray();
        payload.reset();
        ByteBuffer framed = ByteBuffer.allocate(FRAME_BYTES + record.length);
        framed.putInt(record.length).putInt(crc(record)).put(record);
        file.write(framed.array());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
