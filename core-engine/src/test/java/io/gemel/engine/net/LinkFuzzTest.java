package io.gemel.engine.net;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gemel.engine.cluster.Beat;
import io.gemel.engine.cluster.BeatFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/** Whatever comes from the other node's address is taken or refused with an {@link IOException}; see docs/fuzzing.md. */
class LinkFuzzTest {

    private static final ByteBuffer ROOM = ByteBuffer.allocateDirect(FrameReader.CAPACITY_BYTES);
    private static final NodeKey KEY = key();
    private static final SignedDatagrams DATAGRAMS = new SignedDatagrams(
            new SignedDatagrams.Ends("shop", "n1", "n2", KEY.keyHash()), KEY, List.of(), (network, payload) -> {});

    private static NodeKey key() {
        try {
            return NodeKey.loadOrCreate(Files.createTempDirectory("gemel-fuzz"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void frames(byte[] bytes) {
        try {
            new FrameReader(new Pieces(bytes), new Touch(), ROOM.clear()).run();
            throw new AssertionError("a stream that ended goes on");
        } catch (IOException e) {
            // As it should.
        }
    }

    @FuzzTest(maxDuration = "10m")
    void hellos(byte[] bytes) {
        try {
            int length = HelloMessage.messageBytes(ByteBuffer.wrap(bytes));
            if (length >= 0 && length <= bytes.length) {
                HelloMessage message =
                        HelloMessage.decode(ByteBuffer.wrap(bytes, 0, length), Handshake.PROTOCOL_VERSION);
                HelloMessage again = HelloMessage.decode(HelloMessage.encode(message), Handshake.PROTOCOL_VERSION);
                if (!(again.equals(message) || message instanceof HelloMessage.Refusal)) {
                    throw new AssertionError(message + " came back as " + again);
                }
            }
        } catch (IOException e) {
            // As it should.
        }
    }

    /** What nobody signed is not the peer's; what the peer signed is a beat or is not. */
    @FuzzTest(maxDuration = "10m")
    void datagrams(byte[] bytes) {
        Optional<byte[]> opened = DATAGRAMS.open(bytes);
        if (opened.isPresent()) {
            throw new AssertionError("a datagram that nobody signed was taken");
        }
        Optional<Beat> beat = BeatFormat.decode(bytes);
        if (beat.isPresent()
                && !BeatFormat.decode(BeatFormat.encode(beat.get())).equals(beat)) {
            throw new AssertionError("a beat that is otherwise after it was sent on: " + beat);
        }
    }

    /** As a network gives it: in pieces, here of up to 61 bytes. */
    private static final class Pieces implements FrameReader.Source {
        private static final int PIECE_BYTES = 61;
        private final ByteBuffer rest;

        Pieces(byte[] bytes) {
            rest = ByteBuffer.wrap(bytes);
        }

        @Override
        public int read(ByteBuffer target) {
            int count = Math.min(Math.min(PIECE_BYTES, rest.remaining()), target.remaining());
            if (count == 0) {
                return -1;
            }
            target.put(rest.slice(rest.position(), count));
            rest.position(rest.position() + count);
            return count;
        }

        @Override
        public boolean hasInput() {
            return rest.hasRemaining();
        }
    }

    /** Reads every byte that it is shown. */
    private static final class Touch implements FrameReader.Sink {
        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            byte[] all = new byte[body.remaining()];
            body.get(all);
        }

        @Override
        public void onDrained() {}
    }
}
