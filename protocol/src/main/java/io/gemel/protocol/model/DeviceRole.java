package io.gemel.protocol.model;

import java.util.Locale;

/** What a device may do; each role may all that those before it may. */
public enum DeviceRole {
    /** Look. */
    MONITOR,
    /** Start, stop, swap, and everything else that gives up no data. */
    CONTROL,
    /** Pair and revoke devices, read the audit log, force. */
    ADMIN;

    /** As it is typed and printed. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of a word, see {@link #word}; an unknown word throws IllegalArgumentException. */
    public static DeviceRole ofWord(String word) {
        for (DeviceRole role : values()) {
            if (role.word().equals(word)) {
                return role;
            }
        }
        throw new IllegalArgumentException("unknown role \"" + word + "\", expected monitor, control or admin");
    }

    /** Whether this role may what another may. */
    public boolean covers(DeviceRole other) {
        return compareTo(other) >= 0;
    }
}
