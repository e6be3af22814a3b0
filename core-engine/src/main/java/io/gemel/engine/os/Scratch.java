package io.gemel.engine.os;

import java.lang.foreign.Arena;

/** A thread's small native memory for the arguments and results of one system call at a time. */
final class Scratch {

    /** Room for the largest use: two paths, or a listing of extended attributes' names. */
    static final int BYTES = 16 * 1024;

    private static final ThreadLocal<Scratch> THREADS = ThreadLocal.withInitial(Scratch::new);

    /** The lower half: structures. */
    final long structure;

    /** The upper half: strings. */
    final long string;

    /** Of this object: threads come and go. */
    private final Arena arena = Arena.ofAuto();

    private Scratch() {
        long address = arena.allocate(BYTES, 64).address();
        structure = address;
        string = address + BYTES / 2;
    }

    static Scratch get() {
        return THREADS.get();
    }
}
