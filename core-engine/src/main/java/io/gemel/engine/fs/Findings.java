package io.gemel.engine.fs;

import io.gemel.engine.replication.StreamFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a verification found to be otherwise at the peer. Safe for concurrent use. */
public final class Findings {

    /** Most objects whose differences are kept; more are only counted, and then everything is to be compared. */
    public static final int MAX_OBJECTS = 1_000;

    /**
     * One object.
     *
     * @param path in the replicated directories, for people
     * @param what {@code StreamFormat.MISMATCH_*}
     * @param blocks of its content
     */
    public record Finding(String path, int what, List<Differences.Blocks> blocks) {
        /** The finding, for people. */
        @Override
        public String toString() {
            List<String> words = new ArrayList<>();
            if ((what & StreamFormat.MISMATCH_MISSING) != 0) {
                return path + ": missing";
            }
            if ((what & StreamFormat.MISMATCH_ENTRIES) != 0) {
                words.add("other names");
            }
            if ((what & StreamFormat.MISMATCH_ATTRIBUTES) != 0) {
                words.add("other attributes or size");
            }
            if (!blocks.isEmpty()) {
                int count =
                        blocks.stream().mapToInt(b -> Long.bitCount(b.bits())).sum();
                words.add(count + (count == 1 ? " block" : " blocks") + " of 64 KiB otherwise");
            }
            return path + ": " + String.join(", ", words);
        }
    }

    /** An answer of the peer. */
    record Said(long id, int what, List<Differences.Blocks> blocks) {}

    private final Queue<Said> said = new ConcurrentLinkedQueue<>();
    private final Map<Long, Finding> objects = new LinkedHashMap<>();
    private long uncounted;

    /** The peer has other blocks. */
    public void differs(Differences.Blocks blocks) {
        said.add(new Said(blocks.id(), 0, List.of(blocks)));
    }

    /** The peer has something else. */
    public void mismatch(long id, int what) {
        said.add(new Said(id, what, List.of()));
    }

    /** The next answer, or null. */
    Said poll() {
        return said.poll();
    }

    synchronized void add(Said answer, String path) {
        Finding before = objects.get(answer.id());
        if (before == null && objects.size() == MAX_OBJECTS) {
            uncounted++;
            return;
        }
        List<Differences.Blocks> blocks = new ArrayList<>(before == null ? List.of() : before.blocks());
        blocks.addAll(answer.blocks());
        objects.put(
                answer.id(),
                new Finding(path, answer.what() | (before == null ? 0 : before.what()), List.copyOf(blocks)));
    }

    /** What is kept, by object. */
    public synchronized Map<Long, Finding> objects() {
        return new LinkedHashMap<>(objects);
    }

    /** Whether there were more than are kept. */
    public synchronized boolean isCutShort() {
        return uncounted > 0;
    }
}
