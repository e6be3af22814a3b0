package io.gemel.protocol.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * What is signed or hashed: fields one after the other, each behind its length in four bytes, big endian, so that no
 * two lists of fields give the same bytes. The first field says what the rest is for.
 */
public final class SigningInput {

    private final List<byte[]> fields = new ArrayList<>();

    private SigningInput() {}

    /** Begins with what it is for; nothing that was made for another purpose can be taken for this. */
    public static SigningInput of(String context) {
        return new SigningInput().text(context);
    }

    /** Adds a text, in UTF-8. */
    public SigningInput text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds bytes. */
    public SigningInput bytes(byte[] bytes) {
        fields.add(bytes.clone());
        return this;
    }

    /** Adds a number of eight bytes, big endian. */
    public SigningInput number(long number) {
        return bytes(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    /** Adds a number of one byte. */
    public SigningInput octet(int value) {
        return bytes(new byte[] {(byte) value});
    }

    /** The bytes. */
    public byte[] encoded() {
        int length =
                fields.stream().mapToInt(field -> Integer.BYTES + field.length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        fields.forEach(field -> all.putInt(field.length).put(field));
        return all.array();
    }

    /** SHA-256 of the bytes. */
    public byte[] hash() {
        return sha256(encoded());
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
