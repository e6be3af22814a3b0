package io.gemel.engine.lab.torture;

/**
 * What an attribute call is aimed at: a path, or the object behind an open slot.
 *
 * @param path raw path, null for a slot
 * @param follow whether a symbolic link at the end of the path is followed
 * @param slot number of the slot, -1 for a path
 */
record Target(String path, boolean follow, int slot) {

    static Target path(String path, boolean follow) {
        return new Target(path, follow, -1);
    }

    static Target slot(int slot) {
        return new Target(null, false, slot);
    }

    boolean isSlot() {
        return slot >= 0;
    }

    /** Flags for the calls that take {@code AT_SYMLINK_NOFOLLOW}. */
    int noFollowFlag() {
        return follow ? 0 : Abi.AT_SYMLINK_NOFOLLOW;
    }

    @Override
    public String toString() {
        return isSlot() ? "slot " + slot : Names.escape(path) + (follow ? "" : " (no follow)");
    }
}
