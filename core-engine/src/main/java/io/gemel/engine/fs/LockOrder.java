package io.gemel.engine.fs;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;

/** Locks several inodes in the order of their identities, so that no two operations wait for each other. */
final class LockOrder {

    private LockOrder() {}

    /** Runs the action with up to four inodes locked; absent ones are null. */
    static void with(Inode a, Inode b, Inode c, Inode d, Runnable action) {
        Inode[] inodes = {a, b, c, d};
        Inode[] sorted = Arrays.stream(inodes)
                .filter(Objects::nonNull)
                .sorted(Comparator.comparingLong(i -> i.id))
                .toArray(Inode[]::new);
        lock(sorted, 0, action);
    }

    private static void lock(Inode[] inodes, int next, Runnable action) {
        if (next == inodes.length) {
            action.run();
            return;
        }
        synchronized (inodes[next]) {
            lock(inodes, next + 1, action);
        }
    }
}
