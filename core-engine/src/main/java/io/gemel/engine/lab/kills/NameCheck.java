package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.kills.Check.Promise;
import io.gemel.engine.lab.kills.NameModel.Kind;
import io.gemel.engine.lab.kills.NameModel.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A directory is as after the last operation that returned, or as after the one that had begun; when only flushes count,
 * as after any operation since the last flush of everything.
 */
final class NameCheck {

    private final Path directory;
    private final List<LoadLog.Entry> entries;
    private final Promise promise;
    private final Consumer<String> problems;

    /** What is there: the inode stands for the object. */
    private record Found(Kind kind, long inode, String target, ByteBuffer content, Map<String, Found> children) {}

    NameCheck(Path directory, List<LoadLog.Entry> entries, Promise promise, Consumer<String> problems) {
        this.directory = directory;
        this.entries = entries;
        this.promise = promise;
        this.problems = problems;
    }

    void run() throws IOException {
        int last = entries.size();
        int first = promise == Promise.WRITES ? done() : lastSync();
        if (!Files.exists(directory)) {
            if (first > 0) {
                problems.accept(directory + " is missing");
            }
            return;
        }
        Found found = read(directory);
        NameModel model = new NameModel();
        String differences = "";
        for (int count = 0; count <= last; count++) {
            boolean sure = count == 0 || entries.get(count - 1).done();
            if (count > 0) {
                model.apply(entries.get(count - 1).what());
            }
            if (count >= first) {
                Node torn = sure ? null : written(model, entries.get(count - 1).what());
                Optional<String> one = difference(model.root(), found, "", torn, new HashMap<>(), new HashMap<>());
                if (one.isEmpty()) {
                    return;
                }
                if (count == first || count == last) {
                    differences += "; compared with the state after " + count + " operations"
                            + (count == 0
                                    ? ""
                                    : " (the last: " + entries.get(count - 1).what() + ")") + ": "
                            + one.get();
                }
            }
        }
        problems.accept(directory + " is as after none of the operations " + first + " to " + last + differences);
    }

    /** The file whose write had begun, if that is what had. */
    private static Node written(NameModel model, String operation) {
        return operation.startsWith("write ") ? model.find(operation.split(" ", -1)[1]) : null;
    }

    private int done() {
        return entries.isEmpty() || entries.getLast().done() ? entries.size() : entries.size() - 1;
    }

    /** How many operations are covered by the last flush of everything. */
    private int lastSync() {
        for (int i = entries.size(); i > 0; i--) {
            if (entries.get(i - 1).done() && entries.get(i - 1).what().equals(NameModel.SYNC)) {
                return i;
            }
        }
        return 0;
    }

    private static Found read(Path path) throws IOException {
        long inode = (Long) Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
        if (Files.isSymbolicLink(path)) {
            return new Found(
                    Kind.LINK, inode, Files.readSymbolicLink(path).toString(), ByteBuffer.allocate(0), Map.of());
        }
        if (!Files.isDirectory(path)) {
            return new Found(Kind.FILE, inode, "", ByteBuffer.wrap(Files.readAllBytes(path)), Map.of());
        }
        Map<String, Found> children = new TreeMap<>();
        try (Stream<Path> entries = Files.list(path)) {
            for (Path entry : entries.toList()) {
                children.put(entry.getFileName().toString(), read(entry));
            }
        }
        return new Found(Kind.DIRECTORY, inode, "", ByteBuffer.allocate(0), children);
    }

    private Optional<String> difference(
            Node node, Found found, String path, Node torn, Map<Node, Long> inodes, Map<Long, Node> nodes) {
        String shown = path.isEmpty() ? "." : path;
        if (node.kind != found.kind || !node.target.equals(found.target)) {
            return Optional.of(shown + " is " + found.kind + " " + found.target + " and should be " + node.kind + " "
                    + node.target);
        }
        Long inode = inodes.putIfAbsent(node, found.inode);
        Node other = nodes.putIfAbsent(found.inode, node);
        if ((inode != null && inode != found.inode) || (other != null && other != node)) {
            return Optional.of(shown + " is linked otherwise");
        }
        ByteBuffer content = ByteBuffer.wrap(node.content);
        boolean exact = promise == Promise.WRITES ? node != torn : !node.changed;
        if (exact && !content.equals(found.content)) {
            return Optional.of(shown + " has other content: " + found.content.remaining() + " bytes, should be "
                    + node.content.length + ", first different byte " + content.mismatch(found.content));
        }
        TreeSet<String> names = new TreeSet<>(node.children.keySet());
        names.addAll(found.children.keySet());
        for (String name : names) {
            String below = path.isEmpty() ? name : path + "/" + name;
            if (!found.children.containsKey(name)) {
                return Optional.of(below + " is missing");
            }
            if (!node.children.containsKey(name)) {
                return Optional.of(below + " should not be there");
            }
            Optional<String> inner =
                    difference(node.children.get(name), found.children.get(name), below, torn, inodes, nodes);
            if (inner.isPresent()) {
                return inner;
            }
        }
        return Optional.empty();
    }
}
