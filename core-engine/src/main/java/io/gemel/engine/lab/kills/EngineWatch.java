package io.gemel.engine.lab.kills;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What the engines' logs say of one round. */
final class EngineWatch {

    /** What no kill excuses. */
    private static final Pattern UNEXPECTED = Pattern.compile("\\bERROR\\b|Exception|cannot be applied|distrust"
            + "|make no sense|is not understood|two histories: |went on lacking|still in use");

    private static final Pattern SYNC =
            Pattern.compile("serves; to n[12]: (.*)|module app: (\\d+ objects .*bytes of content .*)");

    private final Cluster cluster;
    private final Map<String, Long> starts = new LinkedHashMap<>();

    EngineWatch(Cluster cluster) {
        this.cluster = cluster;
        Cluster.NODES.forEach(node -> starts.put(node, cluster.logEnd(node)));
    }

    List<String> lines(String node) {
        return cluster.logSince(node, starts.get(node));
    }

    /** Lines that should not be there, with their node. */
    List<String> unexpected() {
        List<String> found = new ArrayList<>();
        for (String node : Cluster.NODES) {
            lines(node).stream()
                    .filter(line -> UNEXPECTED.matcher(line).find())
                    .distinct()
                    .forEach(line -> found.add(node + ": " + line));
        }
        return found;
    }

    /** How each resynchronisation was done. */
    List<String> syncs() {
        List<String> found = new ArrayList<>();
        for (String node : Cluster.NODES) {
            for (String line : lines(node)) {
                var matcher = SYNC.matcher(line);
                if (matcher.find()) {
                    found.add(node + ": " + (matcher.group(1) == null ? matcher.group(2) : matcher.group(1)));
                }
            }
        }
        return found;
    }

    /** Whether a node's engine said something since the beginning of the round. */
    boolean saw(String node, String text) {
        return lines(node).stream().anyMatch(line -> line.contains(text));
    }

    /** Whether a resynchronisation was announced since the beginning of the round. */
    boolean syncAnnounced() {
        return !syncs().isEmpty();
    }
}
