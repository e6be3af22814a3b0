package io.gemel.engine.witness;

import io.gemel.engine.net.NodeKey;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A datagram that says who wrote it: {@code u32 magic, u8 length, key (X.509), u8 length, signature, body}. Signed are
 * the context, which no other kind of message has, and the body.
 */
final class Sealed {

    /** Longest datagram. */
    static final int MAX_BYTES = 1_024;

    private final byte[] key;
    private final byte[] proof;
    private final byte[] body;

    private Sealed(byte[] key, byte[] proof, byte[] body) {
        this.key = key;
        this.proof = proof;
        this.body = body;
    }

    static byte[] datagram(int magic, String context, ByteBuffer body, NodeKey signer) {
        byte[] content = rest(body.flip());
        byte[] key = signer.publicKey();
        byte[] proof = signer.sign(signed(context, content));
        return ByteBuffer.allocate(Integer.BYTES + 2 + key.length + proof.length + content.length)
                .putInt(magic)
                .put((byte) key.length)
                .put(key)
                .put((byte) proof.length)
                .put(proof)
                .put(content)
                .array();
    }

    /** Takes it apart; that it is signed is not known yet. */
    static Optional<Sealed> of(int magic, byte[] datagram) {
        try {
            ByteBuffer in = ByteBuffer.wrap(datagram);
            if (datagram.length > MAX_BYTES || in.getInt() != magic) {
                return Optional.empty();
            }
            return Optional.of(new Sealed(part(in), part(in), rest(in)));
        } catch (BufferUnderflowException e) {
            return Optional.empty();
        }
    }

    /** A part with its length before it. */
    static byte[] part(ByteBuffer in) {
        byte[] part = new byte[Byte.toUnsignedInt(in.get())];
        in.get(part);
        return part;
    }

    private static byte[] rest(ByteBuffer in) {
        byte[] rest = new byte[in.remaining()];
        in.get(rest);
        return rest;
    }

    /** Hash of the key that is said to have signed it. */
    String signer() {
        return NodeKey.hashOf(key);
    }

    ByteBuffer body() {
        return ByteBuffer.wrap(body);
    }

    boolean isSigned(String context) {
        return NodeKey.isSigned(key, signed(context, body), proof);
    }

    private static byte[] signed(String context, byte[] content) {
        byte[] before = context.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(before.length + content.length)
                .put(before)
                .put(content)
                .array();
    }
}
