package io.gemel.protocol.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * One message as it travels: a header of {@value #HEADER_BYTES} bytes, the payload, and a signature of 64 bytes or
 * none.
 *
 * <ol>
 *   <li>Header, big endian: {@code u16 0x474D | u8 version | u8 type | u64 sequence | u32 bytes of the payload}.
 *   <li>The lengths add up exactly: nothing may follow the signature.
 *   <li>Only {@link FrameType#HELLO} has no signature.
 *   <li>What is signed depends on where the frame belongs, see {@link Handshake} and {@link SessionKeys}; the payload is
 *       parsed only after that was checked.
 * </ol>
 */
public final class Frame {

    /** Version of the form above. */
    public static final int VERSION = 1;

    /** Longest frame of a session, in bytes. */
    public static final int MOST_BYTES = 1 << 20;

    /** Longest frame before there is a session, in bytes. */
    public static final int MOST_HANDSHAKE_BYTES = 8 << 10;

    static final int HEADER_BYTES = 16;
    private static final int MAGIC = 0x474D;

    private final FrameType type;
    private final long sequence;
    private final byte[] payload;
    private final byte[] signature;

    /**
     * A frame of {@link #VERSION}.
     *
     * @param type what it is
     * @param sequence its number in the session, 0 before there is one
     * @param payload JSON in UTF-8, the bytes that are signed
     * @param signature 64 bytes, or none
     */
    public Frame(FrameType type, long sequence, byte[] payload, byte[] signature) {
        this.type = Objects.requireNonNull(type, "type");
        this.sequence = sequence;
        this.payload = payload.clone();
        this.signature = signature.clone();
        int expected = type == FrameType.HELLO ? 0 : Signer.SIGNATURE_BYTES;
        if (signature.length != expected) {
            throw new WireException(type + " has a signature of " + signature.length + " bytes", null);
        }
    }

    /** The whole frame. */
    public byte[] encoded() {
        return ByteBuffer.allocate(HEADER_BYTES + payload.length + signature.length)
                .putShort((short) MAGIC)
                .put((byte) VERSION)
                .put((byte) type.code())
                .putLong(sequence)
                .putInt(payload.length)
                .put(payload)
                .put(signature)
                .array();
    }

    /**
     * Takes a frame apart; nothing of it is proven yet.
     *
     * @throws WireException the bytes are no frame
     */
    public static Frame decode(byte[] bytes) {
        if (bytes.length < HEADER_BYTES) {
            throw new WireException("a frame of " + bytes.length + " bytes is shorter than its header", null);
        }
        if (bytes.length > MOST_BYTES) {
            throw new WireException("a frame of " + bytes.length + " bytes is longer than " + MOST_BYTES, null);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int magic = Short.toUnsignedInt(in.getShort());
        int version = Byte.toUnsignedInt(in.get());
        if (magic != MAGIC || version != VERSION) {
            throw new WireException("not a frame of version " + VERSION, null);
        }
        FrameType type = FrameType.of(Byte.toUnsignedInt(in.get()));
        long sequence = in.getLong();
        long length = Integer.toUnsignedLong(in.getInt());
        int signature = type == FrameType.HELLO ? 0 : Signer.SIGNATURE_BYTES;
        if (length + signature != in.remaining()) {
            throw new WireException(
                    type + " says " + length + " bytes of payload and has " + (in.remaining() - signature), null);
        }
        byte[] payload = new byte[(int) length];
        in.get(payload);
        return new Frame(type, sequence, payload, Arrays.copyOfRange(bytes, in.position(), bytes.length));
    }

    /** The payload as text. */
    public String json() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** What it is. */
    public FrameType type() {
        return type;
    }

    /** Its number in the session, 0 before there is one. */
    public long sequence() {
        return sequence;
    }

    /** The bytes that are signed. */
    public byte[] payload() {
        return payload.clone();
    }

    /** 64 bytes, or none. */
    public byte[] signature() {
        return signature.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame && Arrays.equals(encoded(), frame.encoded());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded());
    }

    @Override
    public String toString() {
        return type + " " + sequence + " " + json();
    }
}
