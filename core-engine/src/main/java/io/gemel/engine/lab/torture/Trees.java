package io.gemel.engine.lab.torture;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Listing and comparing whole trees, for people and scripts. Run as root; nobody may change the trees meanwhile. */
public final class Trees {

    /** Which modification times count. */
    public enum Times {
        ALL,
        FILES,
        NONE;

        boolean covers(Stat stat) {
            return this == ALL || (this == FILES && !stat.isDirectory());
        }
    }

    private Trees() {}

    /** Writes a tree as text, one object a line, so that two nodes' trees can be compared with {@code diff}. */
    public static void manifest(Path directory, Times mtime, PrintStream out) {
        TreeListing.settle();
        manifestNow(directory, mtime, out);
    }

    /** As {@link #manifest}, without flushing anything before; where files have holes may be off, see Exclusions. */
    public static void manifestNow(Path directory, Times mtime, PrintStream out) {
        try (Kernel kernel = new Kernel()) {
            TreeListing.walk(kernel, raw(directory), entry -> out.println(entry.line(mtime)));
        }
        out.flush();
    }

    /** Compares two trees and writes the differences; true when there is none. */
    public static boolean compare(Path one, Path other, Times mtime, PrintStream out) {
        TreeListing.settle();
        TreeComparison comparison =
                TreeComparison.of(one.toString(), list(one), other.toString(), list(other), new Exactly(mtime));
        comparison.differences().forEach(out::println);
        out.println(comparison.same() ? "Equal" : "Different");
        return comparison.same();
    }

    private static Map<String, TreeEntry> list(Path directory) {
        Map<String, TreeEntry> entries = new LinkedHashMap<>();
        try (Kernel kernel = new Kernel()) {
            TreeListing.walk(kernel, raw(directory), entry -> entries.put(entry.path(), entry));
        }
        return entries;
    }

    private static String raw(Path directory) {
        byte[] bytes = directory.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Two nodes' copies, which have the same history. */
    private record Exactly(Times times) implements TreeComparison.Rules {
        @Override
        public boolean sameMtime(Stat a, Stat b) {
            return !times.covers(a) || a.mtime().equals(b.mtime());
        }

        @Override
        public boolean comparesHoles(Stat b) {
            return true;
        }
    }
}
