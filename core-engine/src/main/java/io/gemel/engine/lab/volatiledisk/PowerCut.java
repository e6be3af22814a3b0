package io.gemel.engine.lab.volatiledisk;

/**
 * What a power cut takes from a disk, of that which was written and not yet flushed.
 *
 * @param loss how much
 * @param seed decides which blocks survive: the same seed over the same writes gives the same disk
 */
public record PowerCut(Loss loss, long seed) {

    /** How much of what was not flushed is lost. */
    public enum Loss {
        /** All of it: a drive whose cache wrote nothing by itself. */
        ALL,
        /**
         * Each block of 4 KiB survives or not by lot, independent of the others and of their order: a drive whose cache
         * had written some. The last write, if it is longer than a block, is torn at a sector.
         */
        SOME
    }

    /**
     * What a cut did.
     *
     * @param lostBlocks blocks of 4 KiB of which something is as it was at the last flush
     * @param keptBlocks blocks that were not flushed and survived whole
     * @param tornBytes how much of the last write survived; 0 when it was not torn
     */
    public record Outcome(long lostBlocks, long keptBlocks, long tornBytes) {}

    public static PowerCut loseAll() {
        return new PowerCut(Loss.ALL, 0);
    }

    public static PowerCut loseSome(long seed) {
        return new PowerCut(Loss.SOME, seed);
    }
}
