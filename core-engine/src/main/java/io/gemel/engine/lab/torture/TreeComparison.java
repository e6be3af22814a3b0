package io.gemel.engine.lab.torture;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compares two listings of trees. */
final class TreeComparison {

    /** More differences than this tell nothing new. */
    static final int MOST_SHOWN = 40;

    private final List<String> differences = new ArrayList<>();
    private boolean onlyHoles = true;

    /** What depends on who compares. */
    interface Rules {
        boolean sameMtime(Stat a, Stat b);

        /** Whether data and holes must be equal, given the second tree's attributes. */
        boolean comparesHoles(Stat b);
    }

    static TreeComparison of(
            String labelA, Map<String, TreeEntry> a, String labelB, Map<String, TreeEntry> b, Rules rules) {
        TreeComparison comparison = new TreeComparison();
        for (TreeEntry entry : a.values()) {
            TreeEntry other = b.get(entry.path());
            if (other == null) {
                comparison.add(entry.path(), "only in " + labelA + ": " + entry.identity());
            } else {
                comparison.compare(labelA, entry, labelB, other, rules);
            }
        }
        for (TreeEntry entry : b.values()) {
            if (!a.containsKey(entry.path())) {
                comparison.add(entry.path(), "only in " + labelB + ": " + entry.identity());
            }
        }
        return comparison;
    }

    private void compare(String labelA, TreeEntry a, String labelB, TreeEntry b, Rules rules) {
        if (!a.identity().equals(b.identity())) {
            add(a.path(), "differs\n  %s: %s\n  %s: %s".formatted(labelA, a.identity(), labelB, b.identity()));
        } else if (!a.isRoot() && !rules.sameMtime(a.stat(), b.stat())) {
            add(
                    a.path(),
                    "has another mtime\n  %s: %s\n  %s: %s"
                            .formatted(
                                    labelA, a.stat().mtime(), labelB, b.stat().mtime()));
        } else if (!a.data().equals(b.data()) && rules.comparesHoles(b.stat())) {
            boolean before = onlyHoles;
            add(
                    a.path(),
                    "has other data and holes (size %d)\n  %s: %s\n  %s: %s"
                            .formatted(a.stat().size(), labelA, a.data(), labelB, b.data()));
            onlyHoles = before;
        }
    }

    private void add(String path, String what) {
        onlyHoles = false;
        if (differences.size() < MOST_SHOWN) {
            differences.add(Names.escape(path) + " " + what);
        }
    }

    boolean same() {
        return differences.isEmpty();
    }

    /** Whether nothing but the allocation of blocks differs, see {@link Exclusions#UNWRITTEN}. */
    boolean onlyHolesDiffer() {
        return !same() && onlyHoles;
    }

    /** The first differences, a line or a few each. */
    List<String> differences() {
        return List.copyOf(differences);
    }
}
