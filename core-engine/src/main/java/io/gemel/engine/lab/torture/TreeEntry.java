package io.gemel.engine.lab.torture;

import java.util.ArrayList;
import java.util.List;

/**
 * One object of a tree, with everything that a copy must have.
 *
 * @param path raw path below the root, {@code .} for the root itself
 * @param linkGroup raw path of the first name of the same inode; empty when it has one name
 * @param target what a symbolic link says
 * @param data ranges that hold data, from SEEK_DATA and SEEK_HOLE
 * @param hash SHA-256 of a file's content
 * @param xattrs names with their values, access control lists among them, sorted
 */
record TreeEntry(
        String path, Stat stat, String linkGroup, String target, String data, String hash, List<String> xattrs) {

    boolean isRoot() {
        return path.equals(".");
    }

    /** Everything but times and holes. */
    String identity() {
        List<String> parts = new ArrayList<>();
        // The number of links of the root depends on what the engine keeps beside the application's objects.
        parts.add(isRoot() ? stat.comparable().replaceAll(" nlink=\\d+", "") : stat.comparable());
        if (!linkGroup.isEmpty()) {
            parts.add("same-as=" + Names.escape(linkGroup));
        }
        if (stat.type() == 'l') {
            parts.add("target=" + Names.escape(target));
        }
        if (!hash.isEmpty()) {
            parts.add("sha256=" + hash);
        }
        parts.addAll(xattrs);
        return String.join(" ", parts);
    }

    /** The entry as one line of a manifest: the path, a tab, the rest. */
    String line(Trees.Times mtimes) {
        String mtime = !isRoot() && mtimes.covers(stat) ? " mtime=" + stat.mtime() : "";
        String ranges = stat.type() == 'f' ? " data=" + data : "";
        return Names.escape(path) + "\t" + identity() + mtime + ranges;
    }
}
