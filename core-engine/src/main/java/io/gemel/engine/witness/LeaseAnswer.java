package io.gemel.engine.witness;

import io.gemel.engine.net.NodeKey;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the witness answers: {@code u8 verdict, 32 bytes SHA-256 of the question's datagram, u8 length, reason}, signed by
 * the witness's key. So it is the answer to that one question and to no other.
 *
 * @param verdict what it says
 * @param question names the question: {@link #nameOf}
 * @param reason for people, where it cannot say
 */
public record LeaseAnswer(Verdict verdict, String question, String reason) {

    /** What the witness says. */
    public enum Verdict {
        /** The node may serve without the peer, and the peer cannot any more. */
        GRANTED(1),
        /** The peer may, for ever. */
        HELD_BY_PEER(2),
        /** It would answer. */
        GREETING(3),
        /** It cannot say. */
        CANNOT_SAY(4);

        private final byte code;

        Verdict(int code) {
            this.code = (byte) code;
        }

        private static Optional<Verdict> of(byte code) {
            return Stream.of(values()).filter(each -> each.code == code).findFirst();
        }
    }

    /** "GMLA" */
    private static final int MAGIC = 0x474D_4C41;

    private static final String CONTEXT = "gemel lease answer 1 ";
    private static final int HASH_BYTES = 32;
    private static final int MAX_REASON_CHARS = 200;

    public LeaseAnswer {
        Objects.requireNonNull(verdict, "verdict");
        Objects.requireNonNull(question, "question");
        reason = reason.length() > MAX_REASON_CHARS ? reason.substring(0, MAX_REASON_CHARS) : reason;
    }

    /** Names a question by its datagram. */
    public static String nameOf(byte[] questionDatagram) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(questionDatagram));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The datagram, signed by the witness's key. */
    public byte[] encode(NodeKey key) {
        byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer body = ByteBuffer.allocate(Sealed.MAX_BYTES)
                .put(verdict.code)
                .put(HexFormat.of().parseHex(question))
                .put((byte) text.length)
                .put(text);
        return Sealed.datagram(MAGIC, CONTEXT, body, key);
    }

    /** Hash of the key that a datagram is said to be signed by; nothing when it is no answer at all. */
    public static Optional<String> signerOf(byte[] datagram) {
        return Sealed.of(MAGIC, datagram).map(Sealed::signer);
    }

    /**
     * What a datagram answers; nothing when it is not signed by the witness.
     *
     * @param witness hash of the witness's key
     */
    public static Optional<LeaseAnswer> decode(byte[] datagram, String witness) {
        return Sealed.of(MAGIC, datagram)
                .filter(message -> message.signer().equals(witness) && message.isSigned(CONTEXT))
                .flatMap(LeaseAnswer::read);
    }

    private static Optional<LeaseAnswer> read(Sealed message) {
        try {
            ByteBuffer in = message.body();
            Optional<Verdict> verdict = Verdict.of(in.get());
            byte[] question = new byte[HASH_BYTES];
            in.get(question);
            String reason = new String(Sealed.part(in), StandardCharsets.US_ASCII);
            return verdict.map(said -> new LeaseAnswer(said, HexFormat.of().formatHex(question), reason));
        } catch (BufferUnderflowException e) {
            return Optional.empty();
        }
    }
}
