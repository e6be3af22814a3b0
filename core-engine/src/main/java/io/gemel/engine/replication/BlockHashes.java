package io.gemel.engine.replication;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Fingerprints of blocks of a file, by which two nodes see where their copies differ. For one thread. */
public final class BlockHashes {

    /** Bytes of a block. */
    public static final int BLOCK_BYTES = BlockSet.BLOCK_BYTES;

    /** Bytes of a fingerprint: the first half of SHA-256, which nobody makes equal by accident or on purpose. */
    public static final int HASH_BYTES = 16;

    /** Most blocks of one frame. */
    public static final int MAX_BLOCKS = 16;

    private final MessageDigest digest;
    private final byte[] whole;

    public BlockHashes() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        whole = new byte[digest.getDigestLength()];
    }

    /** The fingerprint of the buffer's remaining bytes: the first {@link #HASH_BYTES} of the array, until the next call. */
    public byte[] of(ByteBuffer bytes) {
        digest.update(bytes);
        try {
            digest.digest(whole, 0, whole.length);
        } catch (java.security.DigestException e) {
            throw new IllegalStateException("the array is as long as the digest", e);
        }
        return whole;
    }
}
