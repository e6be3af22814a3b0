package io.gemel.engine.lab.torture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Open flags as text. */
final class Flags {

    /** Flags made of several bits come before their parts. */
    private static final Map<Integer, String> NAMES = new LinkedHashMap<>();

    static {
        NAMES.put(Abi.O_TMPFILE, "O_TMPFILE");
        NAMES.put(Abi.O_SYNC, "O_SYNC");
        NAMES.put(Abi.O_CREAT, "O_CREAT");
        NAMES.put(Abi.O_EXCL, "O_EXCL");
        NAMES.put(Abi.O_TRUNC, "O_TRUNC");
        NAMES.put(Abi.O_APPEND, "O_APPEND");
        NAMES.put(Abi.O_NONBLOCK, "O_NONBLOCK");
        NAMES.put(Abi.O_DSYNC, "O_DSYNC");
        NAMES.put(Abi.O_DIRECT, "O_DIRECT");
        NAMES.put(Abi.O_DIRECTORY, "O_DIRECTORY");
        NAMES.put(Abi.O_NOFOLLOW, "O_NOFOLLOW");
        NAMES.put(Abi.O_NOATIME, "O_NOATIME");
        NAMES.put(Abi.O_PATH, "O_PATH");
    }

    private Flags() {}

    static String text(int flags) {
        List<String> parts = new ArrayList<>();
        parts.add(
                switch (flags & 3) {
                    case Abi.O_RDONLY -> "O_RDONLY";
                    case Abi.O_WRONLY -> "O_WRONLY";
                    case Abi.O_RDWR -> "O_RDWR";
                    default -> "3";
                });
        int left = flags & ~3;
        for (Map.Entry<Integer, String> name : NAMES.entrySet()) {
            if ((left & name.getKey()) == name.getKey()) {
                parts.add(name.getValue());
                left &= ~name.getKey();
            }
        }
        if (left != 0) {
            parts.add("0x" + Integer.toHexString(left));
        }
        return String.join("|", parts);
    }
}
