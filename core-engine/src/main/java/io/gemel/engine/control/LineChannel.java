package io.gemel.engine.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Lines of UTF-8 over a blocking channel, none longer than {@link LocalMessage#MAX_LINE_BYTES}. */
final class LineChannel implements AutoCloseable {

    private static final int READ_BYTES = 8 << 10;

    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(READ_BYTES).flip();

    LineChannel(SocketChannel channel) {
        this.channel = channel;
    }

    /** The next line without its end; empty when the other side ended. */
    Optional<String> read() throws IOException {
        byte[] line = new byte[READ_BYTES];
        int length = 0;
        while (true) {
            while (in.hasRemaining()) {
                byte next = in.get();
                if (next == '\n') {
                    return Optional.of(new String(line, 0, length, StandardCharsets.UTF_8));
                }
                if (length == LocalMessage.MAX_LINE_BYTES) {
                    throw new IOException("a line longer than " + LocalMessage.MAX_LINE_BYTES + " bytes");
                }
                if (length == line.length) {
                    line = Arrays.copyOf(line, 2 * length);
                }
                line[length++] = next;
            }
            in.clear();
            int count = channel.read(in);
            in.flip();
            if (count < 0) {
                return Optional.empty();
            }
        }
    }

    void write(String line) throws IOException {
        ByteBuffer out = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
