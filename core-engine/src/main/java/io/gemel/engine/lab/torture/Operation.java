package io.gemel.engine.lab.torture;

import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * One thing that an application asks of a file system, with all its arguments, so that it can be done on each side and
 * printed. Its text, as the record's own, is what a report shows.
 */
sealed interface Operation
        permits OpenOperation, DataOperation, MapRange, NameOperation, AttributeOperation, ScenarioOperation {

    /** Does it on one side. Must not depend on anything but its arguments and the side. */
    Outcome on(Side side);

    /** What it may have changed or created; both sides' attributes of these are compared afterwards. */
    default List<Target> touched() {
        return List.of();
    }

    /** Fills the kernel's buffer with bytes that depend on the seed alone. */
    static void fill(Kernel kernel, int length, long seed) {
        long x = seed | 1;
        var buffer = kernel.buffer();
        int words = (length + 7) / 8;
        for (int i = 0; i < words; i++) {
            x ^= x << 13;
            x ^= x >>> 7;
            x ^= x << 17;
            buffer.setAtIndex(ValueLayout.JAVA_LONG, i, x);
        }
    }
}
