package io.gemel.engine.support;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The one file: a zip that only its owner can read. Whatever is put into it goes through {@link Redaction}. */
final class SupportFile implements AutoCloseable {

    /** Of a long log the end counts. */
    static final int MOST_BYTES_A_FILE = 16 << 20;

    private static final Set<OpenOption> NEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final ZipOutputStream zip;
    private final String top;

    private SupportFile(ZipOutputStream zip, String top) {
        this.zip = zip;
        this.top = top;
    }

    /**
     * Makes it; there must be none of that name.
     *
     * @param top the folder inside, in which everything is
     */
    static SupportFile create(Path path, String top) throws IOException {
        var channel = Files.newByteChannel(path, NEW, OWNER_ONLY);
        return new SupportFile(new ZipOutputStream(java.nio.channels.Channels.newOutputStream(channel)), top);
    }

    void add(String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(top + "/" + name));
        zip.write(Redaction.of(text).getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }

    /** Adds a text file, of a long one the end; what is no text, or cannot be read, is said to be so. */
    void addFile(String name, Path file) throws IOException {
        add(name, read(file));
    }

    private static String read(Path file) {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(0, open.length() - MOST_BYTES_A_FILE);
            byte[] bytes = new byte[(int) (open.length() - from)];
            open.seek(from);
            open.readFully(bytes);
            for (byte each : bytes) {
                if (each == 0) {
                    return "(not a text: " + bytes.length + " bytes)\n";
                }
            }
            return (from > 0 ? "(the last " + bytes.length + " bytes)\n" : "")
                    + new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(cannot be read: " + e.getMessage() + ")\n";
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
