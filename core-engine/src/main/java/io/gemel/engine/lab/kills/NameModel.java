package io.gemel.engine.lab.kills;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** What a directory must be after the operations of a {@link NameWorker}, one after the other. */
final class NameModel {

    /** An object; a file may have several names. */
    static final class Node {
        final Kind kind;
        final Map<String, Node> children = new TreeMap<>();
        final String target;
        byte[] content = new byte[0];
        /** Whether its content was changed since all was flushed last. */
        boolean changed = true;

        Node(Kind kind, String target) {
            this.kind = kind;
            this.target = target;
        }
    }

    enum Kind {
        DIRECTORY,
        FILE,
        LINK
    }

    static final String SYNC = "sync";

    private final Node root = new Node(Kind.DIRECTORY, "");

    Node root() {
        return root;
    }

    /** Does to the model what the operation does to the directory. */
    void apply(String operation) {
        String[] word = operation.split(" ", -1);
        switch (word[0]) {
            case "mkdir" -> put(word[1], new Node(Kind.DIRECTORY, ""));
            case "create" -> put(word[1], new Node(Kind.FILE, ""));
            case "symlink" -> put(word[2], new Node(Kind.LINK, word[1]));
            case "link" -> put(word[2], find(word[1]));
            case "rename" -> {
                Node moved = find(word[1]);
                remove(word[1]);
                put(word[2], moved);
            }
            case "unlink", "rmdir" -> remove(word[1]);
            case "write" -> write(find(word[1]), word[2], Integer.parseInt(word[3]));
            case "truncate" -> {
                Node file = find(word[1]);
                file.content = Arrays.copyOf(file.content, Integer.parseInt(word[2]));
                file.changed = true;
            }
            case SYNC -> synced(root);
            case "start" -> {}
            default -> throw new IllegalArgumentException(operation);
        }
    }

    private static void write(Node file, String tag, int size) {
        byte[] bytes = content(tag, size);
        if (file.content.length < size) {
            file.content = bytes;
        } else {
            System.arraycopy(bytes, 0, file.content, 0, size);
        }
        file.changed = true;
    }

    /** What a write of that tag writes: says who and which, then what nobody else writes. */
    static byte[] content(String tag, int size) {
        byte[] bytes = new byte[size];
        new SplittableRandom(tag.hashCode() * 0x9E3779B97F4A7C15L).nextBytes(bytes);
        byte[] name = tag.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, bytes, 0, Math.min(name.length, size));
        return bytes;
    }

    private static void synced(Node node) {
        node.changed = false;
        node.children.values().forEach(NameModel::synced);
    }

    Node find(String path) {
        Node node = root;
        for (String name : path.split("/", -1)) {
            node = node.children.get(name);
        }
        return node;
    }

    private void put(String path, Node node) {
        parent(path).children.put(name(path), node);
    }

    private void remove(String path) {
        parent(path).children.remove(name(path));
    }

    private Node parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? root : find(path.substring(0, slash));
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Paths of all objects of a kind, parents before children; not the root. */
    List<String> paths(Kind kind) {
        List<String> paths = new ArrayList<>();
        collect(root, "", kind, paths);
        return paths;
    }

    private static void collect(Node node, String prefix, Kind kind, List<String> paths) {
        node.children.forEach((name, child) -> {
            if (child.kind == kind) {
                paths.add(prefix + name);
            }
            collect(child, prefix + name + "/", kind, paths);
        });
    }
}
