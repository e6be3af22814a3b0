package io.gemel.engine.replication;

/**
 * What changed of one object and is not known to be on the peer. That there is a change at all means that the attributes
 * may have: they are small and always sent. Changed only under the lock of its {@link ChangeTracker}, and no more once it
 * was taken out of it.
 */
public final class Change {

    private static final long[] NO_RANGES = {};

    private boolean isNew;
    private boolean entries;
    private boolean whole;

    /** The smallest size that the file had meanwhile: what lay behind it is gone, whatever is there now. */
    private long keptBytes = Long.MAX_VALUE;

    private BlockSet blocks;

    /** Whether the peer may not have the object. */
    public boolean isNew() {
        return isNew;
    }

    /** Whether the entries of the directory changed. */
    public boolean hasEntries() {
        return entries;
    }

    /** Whether nothing of the content that the peer has can be trusted. */
    public boolean isWhole() {
        return whole;
    }

    /** Bytes at the beginning of the file beyond which everything the peer has is gone; or Long.MAX_VALUE. */
    public long keptBytes() {
        return whole ? 0 : keptBytes;
    }

    /** Changed ranges of bytes: begin and end of each, one after the other, in order; some may lie behind the file's end. */
    public long[] ranges() {
        if (whole) {
            return new long[] {0, Long.MAX_VALUE};
        }
        return blocks == null ? NO_RANGES : blocks.ranges();
    }

    void markNew(boolean directory) {
        isNew = true;
        entries |= directory;
        markWhole();
    }

    void markKnown() {
        isNew = false;
    }

    void markEntries() {
        entries = true;
    }

    void markWhole() {
        whole = true;
        blocks = null;
    }

    void markData(long offset, long length) {
        if (whole) {
            return;
        }
        if (blocks == null) {
            blocks = new BlockSet();
        }
        if (!blocks.addBytes(offset, length)) {
            markWhole();
        }
    }

    void markSize(long size) {
        keptBytes = Math.min(keptBytes, size);
    }

    /** Takes in what another generation knows of the same object. */
    void merge(Change other) {
        isNew |= other.isNew;
        entries |= other.entries;
        keptBytes = Math.min(keptBytes, other.keptBytes);
        if (other.whole) {
            markWhole();
        } else if (!whole && other.blocks != null) {
            if (blocks == null) {
                blocks = new BlockSet();
            }
            if (!blocks.addAll(other.blocks)) {
                markWhole();
            }
        }
    }
}
