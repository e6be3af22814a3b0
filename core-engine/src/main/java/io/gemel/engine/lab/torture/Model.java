package io.gemel.engine.lab.torture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a worker believes to exist, so that most operations meet something. It may be wrong, which only makes an
 * operation fail alike on both sides; it depends on nothing but results, so that a run can be repeated.
 */
final class Model {

    /** More objects than this make trees slow to compare. */
    static final int FULL = 220;

    /** Deeper directories are not made by single calls. */
    static final int MOST_LEVELS = 9;

    private final List<String> paths = new ArrayList<>();
    private final Map<String, Character> types = new HashMap<>();
    private final int[] slotFlags = new int[Side.SLOTS];
    private final boolean[] slotOpen = new boolean[Side.SLOTS];

    int size() {
        return paths.size();
    }

    /** Notes what is now found at a path; 0 when nothing is. */
    void found(String path, char type) {
        String plain = path.endsWith("/") || path.endsWith("/.") ? path.substring(0, path.lastIndexOf('/')) : path;
        if (type == 0) {
            if (types.remove(plain) != null) {
                paths.remove(plain);
            }
        } else if (types.put(plain, type) == null) {
            paths.add(plain);
        }
    }

    /** Starts again from what a listing found, so that objects reached through links are not lost from sight. */
    void found(Collection<TreeEntry> entries) {
        paths.clear();
        types.clear();
        for (TreeEntry entry : entries) {
            if (!entry.isRoot()) {
                found(entry.path(), entry.stat().type());
            }
        }
    }

    /** Notes that a whole tree moved. */
    void moved(String from, String to, boolean exchanged) {
        List<String> before = List.copyOf(paths);
        Map<String, Character> known = Map.copyOf(types);
        for (String path : before) {
            if (path.startsWith(from + "/")) {
                found(path, (char) 0);
            } else if (exchanged && path.startsWith(to + "/")) {
                found(path, (char) 0);
            }
        }
        for (String path : before) {
            if (path.startsWith(from + "/")) {
                found(to + path.substring(from.length()), known.get(path));
            } else if (exchanged && path.startsWith(to + "/")) {
                found(from + path.substring(to.length()), known.get(path));
            }
        }
    }

    /** Something that exists, or null when nothing does. */
    String any(Dice dice) {
        return paths.isEmpty() ? null : dice.pick(paths);
    }

    /** Something of a type that exists, or null when a few tries found none. */
    String any(Dice dice, char type) {
        for (int i = 0; i < 12 && !paths.isEmpty(); i++) {
            String path = dice.pick(paths);
            if (types.get(path) == type) {
                return path;
            }
        }
        return null;
    }

    void opened(int slot, int flags) {
        slotOpen[slot] = true;
        slotFlags[slot] = flags;
    }

    void closed(int slot) {
        slotOpen[slot] = false;
        slotFlags[slot] = 0;
    }

    /** A slot, an open one if a few tries find one. */
    int slot(Dice dice) {
        int slot = 0;
        for (int i = 0; i < 6; i++) {
            slot = dice.between(0, Side.SLOTS - 1);
            if (slotOpen[slot] && (slotFlags[slot] & (Abi.O_PATH | Abi.O_DIRECTORY)) == 0) {
                return slot;
            }
        }
        return slot;
    }

    /** A slot with an open directory, or any if a few tries found none. */
    int directorySlot(Dice dice) {
        int slot = 0;
        for (int i = 0; i < 2 * Side.SLOTS; i++) {
            slot = dice.between(0, Side.SLOTS - 1);
            if (slotOpen[slot] && (slotFlags[slot] & Abi.O_TMPFILE) == Abi.O_DIRECTORY) {
                return slot;
            }
        }
        return slot;
    }

    boolean isDirect(int slot) {
        return (slotFlags[slot] & Abi.O_DIRECT) != 0;
    }
}
