package io.gemel.engine.support;

import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Snapshots that are fetched from elsewhere, part by part: they lie in a directory that only the engine's user can read,
 * the newest few. Safe for several threads.
 */
public final class HeldSnapshots {

    /** Bytes of a part: with Base64 and all around it, within a frame. */
    static final int PART_BYTES = 384 << 10;

    private static final int MOST = 2;
    private static final String NAME = "[0-9a-f-]{36}";

    private final Path directory;

    /** Held in this directory, which is made when it is needed. */
    public HeldSnapshots(Path directory) {
        this.directory = directory;
    }

    /**
     * The part that is wanted, of a new snapshot where none is named.
     *
     * @throws Problem the snapshot is gone, or cannot be made
     */
    public synchronized Messages.Seen see(Messages.Look at, String node, Snapshot maker, String version) {
        try {
            String name = at.snapshot();
            if (name.isEmpty()) {
                makeRoom();
                name = UUID.randomUUID().toString();
                maker.write(file(name), version);
            }
            return part(name, at.from(), node);
        } catch (IOException e) {
            throw new Problem("the snapshot cannot be read: " + e.getMessage(), "gemel snapshot on that node", e);
        }
    }

    private Path file(String name) {
        if (!name.matches(NAME)) {
            throw new Problem("\"" + name + "\" is no snapshot", "begin again: gemel snapshot");
        }
        return directory.resolve(name + ".zip");
    }

    private void makeRoom() throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        List<Path> held = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.forEach(held::add);
        }
        held.sort(Comparator.comparingLong(HeldSnapshots::age));
        while (held.size() >= MOST) {
            Files.deleteIfExists(held.removeFirst());
        }
    }

    private static long age(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }

    private Messages.Seen part(String name, long from, String node) throws IOException {
        Path file = file(name);
        if (!Files.exists(file)) {
            throw new Problem("that snapshot is not on " + node + " any more", "begin again: gemel snapshot");
        }
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            long size = open.length();
            byte[] bytes = new byte[Math.clamp(size - from, 0, PART_BYTES)];
            open.seek(Math.clamp(from, 0, size));
            open.readFully(bytes);
            if (from + bytes.length >= size) {
                Files.delete(file); // It was fetched.
            }
            return new Messages.Seen(node, Base64.getEncoder().encodeToString(bytes), name, size);
        }
    }
}
