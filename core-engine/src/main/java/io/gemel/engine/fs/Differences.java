package io.gemel.engine.fs;

import io.gemel.engine.replication.BlockHashes;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Blocks that the target of a comparing copy has otherwise, as it says so. Safe for concurrent use. */
public final class Differences {

    /**
     * Some blocks next to each other of which some differ.
     *
     * @param id the file
     * @param offset where the first begins
     * @param bits which differ, the lowest bit is the first
     */
    public record Blocks(long id, long offset, long bits) {
        /** The first run of differing blocks at or behind a number of blocks: its first and the one behind its last. */
        Optional<int[]> run(int from) {
            long left = from >= Long.SIZE ? 0 : bits >>> from << from;
            if (left == 0) {
                return Optional.empty();
            }
            int first = Long.numberOfTrailingZeros(left);
            int behind = first + Long.numberOfTrailingZeros(~(left >>> first));
            return Optional.of(new int[] {first, behind});
        }

        long byteOf(int block) {
            return offset + (long) block * BlockHashes.BLOCK_BYTES;
        }
    }

    /** By the directory that the files lie in. */
    private final Map<Integer, Queue<Blocks>> said = new ConcurrentHashMap<>();

    private Queue<Blocks> of(int directory) {
        return said.computeIfAbsent(directory, _ -> new ConcurrentLinkedQueue<>());
    }

    /** The target says so. */
    public void add(Blocks blocks) {
        of(Backing.indexOf(blocks.id())).add(blocks);
    }

    /** The next that lies in a directory, if any. */
    Optional<Blocks> poll(int directory) {
        return Optional.ofNullable(of(directory).poll());
    }
}
