package io.gemel.engine.witness;

import io.gemel.engine.net.NodeKey;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a node asks the witness: {@code u8 kind, 16 bytes nonce, 32 bytes hash of the peer's key, u64 generation, u8
 * length, module}, signed by the node's key.
 *
 * @param kind what is asked
 * @param nonce makes it another question than all before, so that no old answer fits it
 * @param node hash of the asking node's key, {@code sha256:} and 64 lower-case hexadecimal digits
 * @param peer hash of the other node's key
 * @param module the module's name
 * @param generation that both nodes had last
 */
public record LeaseQuestion(Kind kind, UUID nonce, String node, String peer, String module, long generation) {

    /** What is asked. */
    public enum Kind {
        /** May the node serve without the peer? The first of the two that asks for a generation may. */
        MAY_SERVE(1),
        /** Would such a question be answered? Changes nothing. */
        GREETING(2);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        private static Optional<Kind> of(byte code) {
            return Stream.of(values()).filter(each -> each.code == code).findFirst();
        }
    }

    /** "GMLQ" */
    private static final int MAGIC = 0x474D_4C51;

    private static final String CONTEXT = "gemel lease question 1 ";
    private static final String HASH_PREFIX = "sha256:";
    private static final String HASH = HASH_PREFIX + "[0-9a-f]{64}";
    private static final int HASH_BYTES = 32;
    private static final String MODULE = "[a-z0-9-]{1,32}";

    public LeaseQuestion {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(nonce, "nonce");
        if (!module.matches(MODULE) || !peer.matches(HASH) || !node.matches(HASH) || node.equals(peer)) {
            throw new IllegalArgumentException("not a question: " + node + ", " + peer + ", " + module);
        }
    }

    /** A fresh one. */
    public static LeaseQuestion of(Kind kind, String node, String peer, String module, long generation) {
        return new LeaseQuestion(kind, UUID.randomUUID(), node, peer, module, generation);
    }

    /** The datagram, signed by the asking node's key. */
    public byte[] encode(NodeKey key) {
        byte[] name = module.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer body = ByteBuffer.allocate(Sealed.MAX_BYTES)
                .put(kind.code)
                .putLong(nonce.getMostSignificantBits())
                .putLong(nonce.getLeastSignificantBits())
                .put(HexFormat.of().parseHex(peer.substring(HASH_PREFIX.length())))
                .putLong(generation)
                .put((byte) name.length)
                .put(name);
        return Sealed.datagram(MAGIC, CONTEXT, body, key);
    }

    /** What a datagram asks, whoever wrote it: a look at the signature costs more than all else. */
    static Optional<LeaseQuestion> unproven(byte[] datagram) {
        return Sealed.of(MAGIC, datagram).flatMap(LeaseQuestion::read);
    }

    /** Whether the datagram is signed by the key in it. */
    static boolean isSigned(byte[] datagram) {
        return Sealed.of(MAGIC, datagram)
                .filter(message -> message.isSigned(CONTEXT))
                .isPresent();
    }

    private static Optional<LeaseQuestion> read(Sealed message) {
        try {
            ByteBuffer in = message.body();
            Optional<Kind> kind = Kind.of(in.get());
            UUID nonce = new UUID(in.getLong(), in.getLong());
            byte[] peer = new byte[HASH_BYTES];
            in.get(peer);
            long generation = in.getLong();
            String module = new String(Sealed.part(in), StandardCharsets.US_ASCII);
            if (in.hasRemaining() || kind.isEmpty()) {
                return Optional.empty();
            }
            String peerHash = HASH_PREFIX + HexFormat.of().formatHex(peer);
            return Optional.of(new LeaseQuestion(kind.get(), nonce, message.signer(), peerHash, module, generation));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
