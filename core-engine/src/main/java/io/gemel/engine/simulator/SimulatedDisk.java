package io.gemel.engine.simulator;

import io.gemel.engine.replication.Change;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/**
 * The replicated directory of a node: a few files of a few blocks, each holding the number of the write that wrote it last.
 * What is written is in the machine's memory until it is flushed, or the kernel writes it back by itself.
 */
final class SimulatedDisk {

    static final int FILES = 3;
    static final int BLOCKS = 6;

    /** Of a block, as {@link Change} counts. */
    static final int BLOCK_BYTES = 64 << 10;

    private long[][] memory = new long[FILES][BLOCKS];
    private long[][] platter = new long[FILES][BLOCKS];
    private Optional<long[][]> before = Optional.empty();

    /** The file's identity is its number and one. */
    static int indexOf(long id) {
        return (int) id - 1;
    }

    long read(long id, int block) {
        return memory[indexOf(id)][block];
    }

    void write(long id, int block, int blocks, long value) {
        Arrays.fill(memory[indexOf(id)], block, block + blocks, value);
    }

    long[] content(long id) {
        return memory[indexOf(id)].clone();
    }

    void clear() {
        memory = new long[FILES][BLOCKS];
    }

    void flush(long id) {
        platter[indexOf(id)] = content(id);
    }

    void flushAll() {
        platter = copy(memory);
    }

    /** The machine loses its memory; of what was not flushed, some had been written back. */
    void losePower(Random dice) {
        for (int file = 0; file < FILES; file++) {
            for (int block = 0; block < BLOCKS; block++) {
                if (dice.nextInt(4) == 0) {
                    platter[file][block] = memory[file][block];
                }
            }
        }
        memory = copy(platter);
        before = Optional.empty();
    }

    /** Keeps what is here, unless something is kept. */
    void keep() {
        if (before.isEmpty()) {
            before = Optional.of(copy(memory));
        }
    }

    void discardKept() {
        before = Optional.empty();
    }

    boolean isKept() {
        return before.isPresent();
    }

    /** Puts back what was kept, if anything was. */
    boolean restore() {
        before.ifPresent(kept -> {
            memory = kept;
            flushAll();
        });
        boolean had = before.isPresent();
        before = Optional.empty();
        return had;
    }

    boolean isSameAs(SimulatedDisk other) {
        return Arrays.deepEquals(memory, other.memory);
    }

    /** Whether a write's number is somewhere. */
    boolean holds(long value) {
        return Arrays.stream(memory).flatMapToLong(Arrays::stream).anyMatch(v -> v == value);
    }

    private static long[][] copy(long[][] from) {
        return Arrays.stream(from).map(long[]::clone).toArray(long[][]::new);
    }

    @Override
    public String toString() {
        return Arrays.deepToString(memory);
    }
}
