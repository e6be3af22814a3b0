package io.gemel.engine.simulator;

import io.gemel.engine.cluster.LastRole;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What the clients were told: for each block the last write that was acknowledged, and the last one that was when a flush
 * was. Numbers of writes grow, so whoever serves must have at least these.
 */
final class Acknowledged {

    private final SimulatedCluster cluster;
    private final long[][] written = new long[SimulatedDisk.FILES][SimulatedDisk.BLOCKS];
    private final long[][] flushed = new long[SimulatedDisk.FILES][SimulatedDisk.BLOCKS];
    private long count;

    Acknowledged(SimulatedCluster cluster) {
        this.cluster = cluster;
    }

    long count() {
        return count;
    }

    void written(SimulatedNode by, long id, int block, int blocks, long value) {
        count++;
        if (by.peer.lostPower && by.peer.durable().lastRole() == LastRole.ALONE) {
            // It hears late what its successor had, and may have lost with its power: two failures.
            return;
        }
        for (int i = block; i < block + blocks; i++) {
            written[SimulatedDisk.indexOf(id)][i] = Math.max(written[SimulatedDisk.indexOf(id)][i], value);
        }
        check(by);
    }

    /** The acknowledged writes to a file until now. */
    long[] written(long id) {
        return written[SimulatedDisk.indexOf(id)].clone();
    }

    /** A flush that began when these had been acknowledged; what else was under way it need not hold. */
    void flushed(SimulatedNode by, long id, long[] content) {
        count++;
        for (int i = 0; i < SimulatedDisk.BLOCKS; i++) {
            flushed[SimulatedDisk.indexOf(id)][i] = Math.max(flushed[SimulatedDisk.indexOf(id)][i], content[i]);
        }
        check(by);
    }

    /**
     * The node that was the last to begin to serve has all that clients were told; be it by the one before, which may hear
     * late what the other had applied.
     */
    private void check(SimulatedNode by) {
        by.acknowledgedSinceMs = by.servesSinceMs;
        if (!cluster.mayDiverge() && (!isReplaced(by) || by.peer.serves())) {
            require(isReplaced(by) ? by.peer : by);
        }
    }

    private static boolean isReplaced(SimulatedNode node) {
        return node.peer.acknowledgedSinceMs > node.servesSinceMs;
    }

    /** The node has all that clients were told. */
    void require(SimulatedNode node) {
        for (int file = 0; file < SimulatedDisk.FILES; file++) {
            for (int block = 0; block < SimulatedDisk.BLOCKS; block++) {
                long has = node.disk.read(file + 1, block);
                long told = Math.max(written[file][block], flushed[file][block]);
                if (has < told) {
                    throw new BrokenPromise(node.name + " at " + cluster.nowMs() + " ms serves " + has + " in "
                            + (file + 1) + "[" + block + "], and " + told + " was acknowledged");
                }
            }
        }
    }

    /**
     * A node lost power. What was acknowledged and not flushed must still be where an up to date node has it, unless both
     * lost power since they were the same: what was lost by more failures than one nobody promised.
     */
    void forgive(List<SimulatedDisk> upToDate, boolean bothLostPower) {
        for (int file = 0; file < SimulatedDisk.FILES; file++) {
            for (int block = 0; block < SimulatedDisk.BLOCKS; block++) {
                long id = file + 1L;
                int at = block;
                LongStream has = upToDate.stream().mapToLong(disk -> disk.read(id, at));
                long left = (bothLostPower ? has.min() : has.max()).orElse(0);
                written[file][block] = Math.min(written[file][block], left);
            }
        }
    }
}
