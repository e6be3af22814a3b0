package io.gemel.engine.lab.volatiledisk;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** Orders to the server of a disk. When it does not answer, it ends, or is ended: nobody waits for it for ever. */
public final class DiskOrders {

    private static final long ANSWER_TIMEOUT_MS = 20_000;
    private static final int ANSWER_BYTES = 4096;

    private final DiskPlaces places;

    public DiskOrders(DiskPlaces places) {
        this.places = places;
    }

    /** Whether the server takes orders. */
    public boolean answers() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(places.socket()));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Makes a loop device of the disk; its path, e.g. {@code /dev/loop3}.
     *
     * @throws IOException the server is not there or could not do it
     */
    public String attach() throws IOException {
        return order(DiskServer.ATTACH)[1];
    }

    /**
     * Cuts the disk's power; the server then ends.
     *
     * @throws IOException the server is not there or could not do it
     */
    public PowerCut.Outcome cut(PowerCut cut) throws IOException {
        String[] answer = order(DiskServer.CUT + " " + cut.loss() + " " + cut.seed());
        return new PowerCut.Outcome(Long.parseLong(answer[1]), Long.parseLong(answer[2]), Long.parseLong(answer[3]));
    }

    private String[] order(String order) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(places.socket()));
            channel.write(ByteBuffer.wrap((order + "\n").getBytes(StandardCharsets.UTF_8)));
            String answer = answer(channel);
            if (!answer.startsWith(DiskServer.OK + " ")) {
                throw new IOException("the disk's server said: \"" + answer + "\"");
            }
            return answer.split(" ", -1);
        }
    }

    /** The server's one line, which it writes at once; empty when it ended instead. */
    private static String answer(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            if (selector.select(ANSWER_TIMEOUT_MS) == 0) {
                throw new IOException("the disk's server did not answer within " + ANSWER_TIMEOUT_MS + " ms");
            }
        }
        ByteBuffer line = ByteBuffer.allocate(ANSWER_BYTES);
        channel.read(line);
        return new String(line.array(), 0, line.position(), StandardCharsets.UTF_8).strip();
    }
}
