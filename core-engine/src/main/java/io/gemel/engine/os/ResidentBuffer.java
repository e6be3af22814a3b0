package io.gemel.engine.os;

import java.lang.ref.Cleaner;

/**
 * Memory as of {@link Memory#allocateResident}, given back by {@link #close} or, at the latest, when this object is garbage:
 * whoever uses the address keeps the object.
 */
public final class ResidentBuffer implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final long address;
    private final Cleaner.Cleanable memory;

    /** @throws IllegalStateException as {@link Memory#allocateResident} */
    public ResidentBuffer(long bytes) {
        long mapped = Memory.allocateResident(bytes);
        address = mapped;
        memory = CLEANER.register(this, () -> Memory.free(mapped, bytes));
    }

    /** Of its first byte, at the beginning of a page. */
    public long address() {
        return address;
    }

    @Override
    public void close() {
        memory.clean();
    }
}
