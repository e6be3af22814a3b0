package io.gemel.engine.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class FrameReaderTest {

    private static final byte KIND = NodeLink.FIRST_STREAM_KIND;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void howTheNetworkCutsTheStreamDoesNotMatter(long seed) {
        Random random = new Random(seed);
        List<byte[]> bodies = new ArrayList<>();
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int i = 0; i < 300; i++) {
            byte[] body = new byte
                    [switch (random.nextInt(8)) {
                        case 0 -> random.nextInt(NodeLink.MAX_BODY_BYTES + 1);
                        case 1 -> 0;
                        default -> random.nextInt(2_000);
                    }];
            random.nextBytes(body);
            bodies.add(body);
            append(stream, KIND, body);
            if (random.nextInt(3) == 0) {
                append(stream, NodeLink.KIND_KEEPALIVE, new byte[0]);
            }
        }
        Heard heard = new Heard();
        FrameReader reader = new FrameReader(new Cut(stream.toByteArray(), random), heard);
        assertThatThrownBy(reader::run).isInstanceOf(EOFException.class);
        assertThat(heard.bodies).hasSameSizeAs(bodies);
        for (int i = 0; i < bodies.size(); i++) {
            assertThat(heard.bodies.get(i)).isEqualTo(bodies.get(i));
        }
        assertThat(heard.undrained).isZero();
    }

    @Test
    void anythingThatIsNotAStreamOfFramesIsRefused() {
        for (long seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (random.nextBoolean() && bytes.length > 8) { // nearly a header, so that every check is reached
                bytes[random.nextInt(4)] = 0;
                bytes[2] = (byte) random.nextInt(20);
                bytes[3] = 0;
                bytes[5] = NodeLink.FRAME_VERSION;
            }
            FrameReader reader = new FrameReader(new Cut(bytes, random), new Heard());
            assertThatThrownBy(reader::run).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFrameOfAnotherVersionNamesBoth() {
        ByteBuffer frame = NodePair.frame(KIND, new byte[3]).put(5, (byte) 9);
        assertRefused(frame, "version 9", "version 1");
    }

    @Test
    void aFrameLongerThanAllowedIsRefusedBeforeItIsRead() {
        assertRefused(NodePair.frame(KIND, new byte[3]).putInt(0, NodeLink.MAX_BODY_BYTES + 1), "1052673");
        assertRefused(NodePair.frame(KIND, new byte[3]).putInt(0, -1), "4294967295");
    }

    private static void assertRefused(ByteBuffer frame, String... words) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        FrameReader reader = new FrameReader(new Cut(bytes, new Random(1)), new Heard());
        assertThatThrownBy(reader::run)
                .isInstanceOf(FrameReader.BadFrameException.class)
                .message()
                .contains(words);
    }

    private static void append(ByteArrayOutputStream stream, byte kind, byte[] body) {
        ByteBuffer frame = NodePair.frame(kind, body);
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        stream.writeBytes(bytes);
    }

    /** Gives the bytes in random pieces. */
    private static final class Cut implements FrameReader.Source {
        private final ByteBuffer rest;
        private final Random random;

        Cut(byte[] bytes, Random random) {
            this.rest = ByteBuffer.wrap(bytes);
            this.random = random;
        }

        @Override
        public int read(ByteBuffer target) {
            if (!rest.hasRemaining()) {
                return -1;
            }
            assertThat(target.remaining()).isGreaterThanOrEqualTo(Wire.MIN_READ_BYTES);
            int most = random.nextInt(10) == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(40_000);
            int count = Math.min(most, Math.min(rest.remaining(), target.remaining()));
            target.put(rest.slice(rest.position(), count));
            rest.position(rest.position() + count);
            return count;
        }

        @Override
        public boolean hasInput() {
            return random.nextBoolean() && rest.hasRemaining();
        }
    }

    private static final class Heard implements FrameReader.Sink {
        final List<byte[]> bodies = new ArrayList<>();
        int undrained;

        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            assertThat(kind).isNotEqualTo(NodeLink.KIND_KEEPALIVE);
            byte[] bytes = new byte[body.remaining()];
            body.get(bytes);
            bodies.add(bytes);
            undrained++;
        }

        @Override
        public void onDrained() {
            assertThat(undrained).isPositive();
            undrained = 0;
        }
    }
}
