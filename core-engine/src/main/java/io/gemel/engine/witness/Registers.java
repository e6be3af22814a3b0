package io.gemel.engine.witness;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Who may serve without the other: for two nodes, a module and the generation that both had last, the node that asked
 * first. Invariants:
 *
 * <ol>
 *   <li>What is answered is on disk before, and is answered the same ever after.
 *   <li>A pair of nodes has a file, named by both keys in their order: a first line with the version of the format, a
 *       line {@code module generation holder} for each register, oldest first ({@code holder} 0 or 1: which of the two),
 *       and a last line with the CRC-32C of all before.
 *   <li>The file is replaced whole, so it is whole whenever the machine stops. One that is not was damaged, and
 *       nothing is answered from it.
 *   <li>A pair's oldest generations of a module go when there are too many: both nodes have had many since. A pair
 *       never goes, nor a module: who knows what is still to be asked.
 * </ol>
 */
final class Registers implements AutoCloseable {

    /** Pairs of nodes that one witness serves. */
    static final int MOST_PAIRS = 256;

    /** Modules of one pair; twice what a cluster may have. */
    static final int MOST_MODULES = 64;

    /** Generations of one module that are remembered. */
    static final int MOST_GENERATIONS = 64;

    /** There is no room; the sentence says for what. */
    static final class FullException extends Exception {
        private static final long serialVersionUID = 1;

        FullException(String what) {
            super(what);
        }
    }

    private static final String LOCK = "lock";
    private static final String SUFFIX = ".leases";
    private static final String VERSION = "gemel leases 1";
    private static final String CHECK = "crc32c ";

    private final Path dir;
    private final FileChannel lock;
    private final Map<String, Pair> pairs = new HashMap<>();

    /** By module, the holder (0 or 1) of each generation, oldest first. */
    private static final class Pair {
        private final Map<String, Map<Long, Integer>> modules = new LinkedHashMap<>();

        private Pair copy() {
            Pair copy = new Pair();
            modules.forEach((module, holders) -> copy.modules.put(module, new LinkedHashMap<>(holders)));
            return copy;
        }
    }

    private Registers(Path dir, FileChannel lock) {
        this.dir = dir;
        this.lock = lock;
    }

    /** Reads what is there and keeps everybody else out; a {@link Problem} when it cannot. */
    static Registers open(Path dir) {
        try {
            Files.createDirectories(
                    dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Registers registers = new Registers(dir, lock(dir));
            try {
                registers.load();
            } catch (IOException | RuntimeException e) {
                registers.close();
                throw e;
            }
            return registers;
        } catch (IOException e) {
            throw new Problem("the witness cannot use " + dir + ": " + e.getMessage(), "give it another --dir", e);
        }
    }

    private static FileChannel lock(Path dir) throws IOException {
        FileChannel channel = FileChannel.open(dir.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean taken;
        try {
            taken = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            taken = false;
        }
        if (!taken) {
            channel.close();
            throw new Problem(
                    "a witness runs with " + dir + " already", "end that one first, or give this one another --dir");
        }
        return channel;
    }

    private void load() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX)) {
                    pairs.put(name.substring(0, name.length() - SUFFIX.length()), read(file));
                }
            }
        }
        // What a witness that was killed had put in place may not be on disk yet, and is answered from now on.
        syncDirectory();
    }

    private static Pair read(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        int last = text.lastIndexOf(CHECK);
        if (!text.startsWith(VERSION + "\n")
                || last < 0
                || !text.substring(last).equals(check(text.substring(0, last)))) {
            throw damaged(file);
        }
        Pair pair = new Pair();
        for (String line : text.substring(VERSION.length() + 1, last).lines().toList()) {
            String[] words = line.split(" ", -1);
            pair.modules
                    .computeIfAbsent(words[0], _ -> new LinkedHashMap<>())
                    .put(Long.parseUnsignedLong(words[1], 16), Integer.parseInt(words[2]));
        }
        return pair;
    }

    private static Problem damaged(Path file) {
        return new Problem(
                file + " is damaged, so it is not known any more which of two nodes may serve",
                "restore the whole directory from a backup only if no node asked since; else make sure that both nodes"
                        + " see each other, and then move the file away");
    }

    private static String check(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return CHECK + String.format(Locale.ROOT, "%08x", crc.getValue()) + "\n";
    }

    /**
     * Who may serve without the other: {@code node}, if nobody asked before.
     *
     * @param node hash of the asking node's key, without {@code sha256:}
     * @param peer hash of the other node's key
     * @return whether it is the node
     * @throws IOException it could not be made durable; nobody was given anything
     */
    synchronized boolean isFirst(String node, String peer, String module, long generation)
            throws IOException, FullException {
        String name = nameOf(node, peer);
        int number = node.compareTo(peer) < 0 ? 0 : 1;
        Pair before = pairs.get(name);
        Integer holder = before == null
                ? null
                : before.modules.getOrDefault(module, Map.of()).get(generation);
        if (holder == null) {
            checkRoom(node, peer, module);
            Pair after = before == null ? new Pair() : before.copy();
            Map<Long, Integer> holders = after.modules.computeIfAbsent(module, _ -> new LinkedHashMap<>());
            holders.put(generation, number);
            Iterator<Long> oldest = holders.keySet().iterator();
            while (holders.size() > MOST_GENERATIONS) {
                oldest.next();
                oldest.remove();
            }
            write(name, after);
            pairs.put(name, after);
            return true;
        }
        return holder == number;
    }

    /** Whether there would be room for another generation. */
    synchronized void checkRoom(String node, String peer, String module) throws FullException {
        Pair pair = pairs.get(nameOf(node, peer));
        if (pair == null && pairs.size() >= MOST_PAIRS) {
            throw new FullException("it serves " + MOST_PAIRS + " pairs of nodes already");
        }
        if (pair != null && !pair.modules.containsKey(module) && pair.modules.size() >= MOST_MODULES) {
            throw new FullException("it serves " + MOST_MODULES + " modules of these nodes already");
        }
    }

    private static String nameOf(String node, String peer) {
        return node.compareTo(peer) < 0 ? node + "-" + peer : peer + "-" + node;
    }

    private void write(String name, Pair pair) throws IOException {
        StringBuilder text = new StringBuilder(VERSION).append('\n');
        pair.modules.forEach((module, holders) -> holders.forEach((generation, holder) -> text.append(module)
                .append(' ')
                .append(String.format(Locale.ROOT, "%016x", generation))
                .append(' ')
                .append(holder)
                .append('\n')));
        text.append(check(text.toString()));
        Path whole = dir.resolve(name + SUFFIX);
        Path next = dir.resolve(name + ".next");
        try {
            try (FileChannel channel = FileChannel.open(
                    next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(next, whole, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory();
        } finally {
            Files.deleteIfExists(next);
        }
    }

    private void syncDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public synchronized void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new Problem("the lock in " + dir + " could not be given back: " + e.getMessage(), "nothing to do", e);
        }
    }
}
