package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AddressFramesTest {

    private static final byte[] MAC = {2, 0, 0, 0, 0, 0x0a};
    private static final byte[] OTHER = {2, 0, 0, 0, 0, 0x0b};

    @Test
    void bothFormsOfAGratuitousArpAreAsInTheRfc() {
        assertThat(AddressFrames.announcements(MAC, InetAddress.ofLiteral("10.0.0.100")))
                .extracting(HexFormat.of()::formatHex)
                .containsExactly(
                        "ffffffffffff02000000000a0806" + "0001080006040001" + "02000000000a0a000064"
                                + "0000000000000a000064",
                        "ffffffffffff02000000000a0806" + "0001080006040002" + "02000000000a0a000064"
                                + "ffffffffffff0a000064");
    }

    @Test
    void aHolderIsFoundInItsAnswerAndIsNotOurselves() {
        InetAddress address = InetAddress.ofLiteral("10.0.0.100");
        InetAddress six = InetAddress.ofLiteral("fd00::100");
        ByteBuffer frame =
                ByteBuffer.wrap(AddressFrames.announcements(OTHER, address).getFirst());
        assertThat(AddressFrames.holder(frame, address, MAC)).contains(OTHER);
        assertThat(AddressFrames.holder(frame, address, OTHER)).isEmpty();
        assertThat(AddressFrames.holder(frame, InetAddress.ofLiteral("10.0.0.101"), MAC))
                .isEmpty();
        ByteBuffer advertisement =
                ByteBuffer.wrap(AddressFrames.announcements(OTHER, six).getFirst());
        assertThat(AddressFrames.holder(advertisement, six, MAC)).contains(OTHER);
        // Who only asks does not hold it.
        assertThat(AddressFrames.holder(ByteBuffer.wrap(AddressFrames.probe(OTHER, six)), six, MAC))
                .isEmpty();
        assertThat(AddressFrames.holder(ByteBuffer.wrap(AddressFrames.probe(OTHER, address)), address, MAC))
                .isEmpty();
        assertThat(AddressFrames.holder(ByteBuffer.wrap(new byte[20]), address, MAC))
                .isEmpty();
    }
}
