package io.gemel.engine.net;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The messages that open a node link, inside TLS, little endian: {@code u16 body length | u8 type | body}.
 *
 * <ol>
 *   <li>A message is at most {@link #MAX_BYTES} long; strings are {@code u16 length | UTF-8}.
 *   <li>A {@link Hello} starts with a magic number and its version in every version, so that a mismatch can be named;
 *       what follows belongs to the version.
 *   <li>The dialer says Hello, the acceptor answers Hello, the dialer says Go, the acceptor says Ready. Instead of any
 *       of these either side may say Refusal, and closes.
 *   <li>Go and Ready are the last bytes of their direction in TLS when both said that encryption is off.
 * </ol>
 */
sealed interface HelloMessage {

    /** Largest message, header included. */
    int MAX_BYTES = 4096;

    /** Bytes of length and type. */
    int HEADER_BYTES = 3;

    /** Longest name and reason, in bytes of UTF-8. */
    int MAX_TEXT_BYTES = 1024;

    /** "GEML" read as a little-endian number. */
    int MAGIC = 0x4C4D_4547;

    /**
     * Who speaks, about which module.
     *
     * @param version of the node link protocol; the fields after it are empty when it is not the reader's own
     */
    record Hello(int version, boolean encryption, String cluster, String node, String module) implements HelloMessage {
        public Hello {
            Objects.requireNonNull(cluster, "cluster");
            Objects.requireNonNull(node, "node");
            Objects.requireNonNull(module, "module");
        }
    }

    /** No link, because of this. */
    record Refusal(String reason) implements HelloMessage {
        public Refusal {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /** The dialer agrees with the acceptor's hello. */
    record Go() implements HelloMessage {}

    /** The acceptor's side of the link stands. */
    record Ready() implements HelloMessage {}

    /** The message's bytes, ready to be sent. */
    static ByteBuffer encode(HelloMessage message) {
        ByteBuffer buffer = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.position(HEADER_BYTES);
        byte type = switch (message) {
            case Hello hello -> {
                buffer.putInt(MAGIC).putShort((short) hello.version());
                buffer.put((byte) (hello.encryption() ? 1 : 0));
                putText(buffer, hello.cluster());
                putText(buffer, hello.node());
                putText(buffer, hello.module());
                yield 1;
            }
            case Refusal refusal -> {
                putText(buffer, refusal.reason());
                yield 2;
            }
            case Go() -> 3;
            case Ready() -> 4;
        };
        buffer.putShort(0, (short) (buffer.position() - HEADER_BYTES)).put(2, type);
        return buffer.flip();
    }

    /** Bytes of the message that starts in the buffer, or -1 when its header is not there yet. */
    static int messageBytes(ByteBuffer buffer) throws IOException {
        if (buffer.remaining() < HEADER_BYTES) {
            return -1;
        }
        int at = buffer.position();
        int bytes = HEADER_BYTES
                + (Byte.toUnsignedInt(buffer.get(at)) | Byte.toUnsignedInt(buffer.get(at + 1)) << Byte.SIZE);
        if (bytes > MAX_BYTES) {
            throw new IOException("a hello message of " + bytes + " bytes, at most " + MAX_BYTES + " are allowed");
        }
        return bytes;
    }

    /** Decodes one whole message. */
    static HelloMessage decode(ByteBuffer message, int ownVersion) throws IOException {
        ByteBuffer in = message.slice().order(ByteOrder.LITTLE_ENDIAN);
        try {
            byte type = in.get(2);
            in.position(HEADER_BYTES);
            return switch (type) {
                case 1 -> decodeHello(in, ownVersion);
                case 2 -> new Refusal(printable(getText(in)));
                case 3 -> new Go();
                case 4 -> new Ready();
                default -> throw new IOException("a hello message of the unknown type " + type);
            };
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new IOException("a hello message that ends too early", e);
        }
    }

    private static Hello decodeHello(ByteBuffer in, int ownVersion) throws IOException {
        int magic = in.getInt();
        if (magic != MAGIC) {
            throw new IOException("the other side does not speak the node link protocol");
        }
        int version = Short.toUnsignedInt(in.getShort());
        if (version != ownVersion) {
            return new Hello(version, false, "", "", "");
        }
        boolean encryption = in.get() != 0;
        return new Hello(version, encryption, printable(getText(in)), printable(getText(in)), printable(getText(in)));
    }

    private static void putText(ByteBuffer buffer, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT_BYTES) {
            bytes = truncated(text).getBytes(StandardCharsets.UTF_8);
        }
        buffer.putShort((short) bytes.length).put(bytes);
    }

    private static String truncated(String text) {
        ByteBuffer room = ByteBuffer.allocate(MAX_TEXT_BYTES);
        CharBuffer rest = CharBuffer.wrap(text);
        StandardCharsets.UTF_8.newEncoder().encode(rest, room, false);
        return text.substring(0, rest.position());
    }

    private static String getText(ByteBuffer in) throws IOException {
        int length = Short.toUnsignedInt(in.getShort());
        if (length > MAX_TEXT_BYTES) {
            throw new IOException("a text of " + length + " bytes in a hello message");
        }
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new IOException("a text in a hello message that is not UTF-8", e);
        }
    }

    /** What came from outside goes to logs and screens: no line breaks, no escape sequences. */
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
