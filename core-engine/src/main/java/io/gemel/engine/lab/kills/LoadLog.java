package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What one worker was about to do and was told that it is done, in order, a line each, in a file of this machine and of
 * no node. A line is one write, so it is there when the next operation begins, whatever happens to the worker.
 *
 * <ul>
 *   <li>{@code b WHAT}: begins an operation
 *   <li>{@code e}: the operation that was begun last has returned
 *   <li>{@code x MESSAGE}: it failed, and the worker ends
 * </ul>
 */
final class LoadLog implements AutoCloseable {

    private final FileChannel channel;

    LoadLog(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    void begin(String what) {
        line("b " + what);
    }

    void end() {
        line("e");
    }

    void failed(String message) {
        line("x " + message.replace('\n', ' '));
    }

    private void line(String text) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /**
     * One operation of a log.
     *
     * @param what as it was begun
     * @param done whether it returned
     */
    record Entry(String what, boolean done) {}

    /** All operations in their order; only the last can be not done. */
    static List<Entry> read(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        String begun = "";
        for (String line : lines(file)) {
            if (line.startsWith("b ")) {
                begun = line.substring(2);
            } else if (line.equals("e")) {
                entries.add(new Entry(begun, true));
                begun = "";
            }
        }
        if (!begun.isEmpty()) {
            entries.add(new Entry(begun, false));
        }
        return entries;
    }

    /** The error that ended the worker; empty when none did. */
    static String failure(Path file) throws IOException {
        return lines(file).stream()
                .filter(line -> line.startsWith("x "))
                .findFirst()
                .map(line -> line.substring(2))
                .orElse("");
    }

    private static List<String> lines(Path file) throws IOException {
        String text = Files.readString(file);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }
}
