package io.gemel.engine.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.os.Memory;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameReaderTest {

    private static final int HEADER_BYTES = 8;

    private final FrameReader reader = new FrameReader();

    private static ByteBuffer body(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void whatTheWriterWritesTheReaderReads() {
        FrameWriter writer = new FrameWriter();
        ByteBuffer name = body(16).put("name\0".getBytes(StandardCharsets.US_ASCII));
        ByteBuffer frame = writer.begin(StreamFormat.LINK, 77)
                .u64(5)
                .u32(-3)
                .name(Memory.addressOf(name))
                .name(0)
                .bytes(Memory.addressOf(name), 3)
                .end();
        frame.putLong(StreamFormat.SEQUENCE_AT, 9);
        assertThat(frame.getInt(0)).isEqualTo(frame.remaining() - HEADER_BYTES);
        reader.begin(frame.position(HEADER_BYTES));
        assertThat(reader.sequence()).isEqualTo(9);
        assertThat(reader.id()).isEqualTo(77);
        assertThat(reader.u64()).isEqualTo(5);
        assertThat(reader.u32()).isEqualTo(-3);
        assertThat(Memory.bytes(reader.name(), 5)).asString().isEqualTo("name\0");
        assertThat(reader.name()).isEqualTo(FrameReader.NO_NAME);
        assertThat(reader.u32()).isEqualTo(3);
        assertThat(reader.bytes(3)).isPositive();
        assertThat(reader.remaining()).isZero();
        writer.free();
    }

    @Test
    void aFrameThatEndsEarlyIsRefused() {
        for (int bytes = 0; bytes < 16; bytes++) {
            ByteBuffer body = body(bytes);
            assertThatThrownBy(() -> reader.begin(body)).isInstanceOf(IllegalArgumentException.class);
        }
        reader.begin(body(19));
        assertThatThrownBy(reader::u32).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        ByteBuffer withNul = body(24).putShort(16, (short) 3).put(19, (byte) 'a');
        reader.begin(withNul);
        assertThatThrownBy(reader::name).isInstanceOf(IllegalArgumentException.class);
        ByteBuffer without =
                body(20).putShort(16, (short) 1).put(18, (byte) 'a').put(19, (byte) 'b');
        reader.begin(without);
        assertThatThrownBy(reader::name).isInstanceOf(IllegalArgumentException.class);
        reader.begin(body(24));
        assertThatThrownBy(() -> reader.bytes(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void garbageIsRefusedAndNothingOutsideIsRead() {
        Random dice = new Random(1);
        for (int round = 0; round < 50_000; round++) {
            int bytes = 16 + dice.nextInt(80);
            byte[] content = new byte[bytes];
            for (int i = 0; i < bytes; i++) {
                content[i] = (byte) (dice.nextBoolean() ? 0 : dice.nextInt(8));
            }
            ByteBuffer body = body(bytes).put(content).flip();
            long begin = Memory.addressOf(body);
            reader.begin(body);
            try {
                while (true) {
                    long address = step(dice);
                    assertThat(reader.position()).isBetween(begin, begin + bytes);
                    assertThat(address == FrameReader.NO_NAME || (address >= begin && address <= begin + bytes))
                            .isTrue();
                }
            } catch (IllegalArgumentException e) {
                assertThat(reader.remaining()).isBetween(0, bytes);
            }
        }
    }

    private long step(Random dice) {
        return switch (dice.nextInt(5)) {
            case 0 -> reader.name();
            case 1 -> reader.bytes(reader.u32());
            case 2 -> {
                reader.attributes();
                yield FrameReader.NO_NAME;
            }
            case 3 -> {
                reader.time();
                yield FrameReader.NO_NAME;
            }
            default -> {
                reader.u64();
                yield FrameReader.NO_NAME;
            }
        };
    }
}
