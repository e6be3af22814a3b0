package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.kills.NameModel.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Makes, writes, renames, links and removes what is in a directory of its own; each operation is one system call. */
final class NameWorker implements Load.Worker {

    private static final int MOST_OBJECTS = 40;
    private static final int MOST_DIRECTORIES = 10;
    private static final int MOST_WRITE_BYTES = 24_000;
    private static final int DEEPEST = 3;

    private final Path directory;
    private final LoadLog log;
    private final SplittableRandom dice;
    private final NameModel model = new NameModel();
    private long number;

    NameWorker(Path directory, LoadLog log, SplittableRandom dice) throws IOException {
        this.directory = directory;
        this.log = log;
        this.dice = dice;
        log.begin("start");
        Files.createDirectory(directory);
        log.end();
    }

    @Override
    public void step() throws IOException {
        number++;
        Optional<String> operation = choose();
        if (operation.isPresent()) {
            log.begin(operation.get());
            carryOut(operation.get());
            log.end();
            model.apply(operation.get());
        }
    }

    private Optional<String> choose() {
        List<String> directories = model.paths(Kind.DIRECTORY);
        List<String> files = model.paths(Kind.FILE);
        boolean room =
                directories.size() + files.size() + model.paths(Kind.LINK).size() < MOST_OBJECTS;
        return switch (dice.nextInt(20)) {
            case 0, 1 -> {
                boolean one = room && directories.size() < MOST_DIRECTORIES;
                yield one ? place(directories, "d").map(p -> "mkdir " + p) : Optional.empty();
            }
            case 2, 3, 4 -> room ? place(directories, "f").map(p -> "create " + p) : Optional.empty();
            case 5, 6, 7, 8 ->
                any(files).map(f -> "write " + f + " " + tag() + " " + dice.nextInt(1, MOST_WRITE_BYTES));
            case 9, 10, 11 -> rename(directories, files);
            case 12 ->
                room
                        ? any(files).flatMap(f -> place(directories, "l").map(p -> "link " + f + " " + p))
                        : Optional.empty();
            case 13 -> room ? place(directories, "y").map(p -> "symlink " + tag() + " " + p) : Optional.empty();
            case 14, 15 -> any(files).map(f -> "unlink " + f);
            case 16 -> any(model.paths(Kind.LINK)).map(f -> "unlink " + f);
            case 17 ->
                any(directories).filter(d -> model.find(d).children.isEmpty()).map(d -> "rmdir " + d);
            case 18 ->
                any(files)
                        .filter(f -> model.find(f).content.length > 0)
                        .map(f -> "truncate " + f + " " + dice.nextInt(model.find(f).content.length));
            default -> dice.nextInt(3) == 0 ? Optional.of(NameModel.SYNC) : Optional.empty();
        };
    }

    private Optional<String> rename(List<String> directories, List<String> files) {
        if (dice.nextInt(4) == 0) {
            Optional<String> from = any(directories);
            return from.flatMap(f -> place(directories, "d")
                    .filter(to -> !to.startsWith(f + "/"))
                    .map(to -> "rename " + f + " " + to));
        }
        Optional<String> from = any(files);
        if (dice.nextBoolean()) {
            return from.flatMap(f -> place(directories, "f").map(to -> "rename " + f + " " + to));
        }
        // Over another file; of two names of one file rename does nothing.
        return from.flatMap(
                f -> any(files).filter(to -> model.find(to) != model.find(f)).map(to -> "rename " + f + " " + to));
    }

    private String tag() {
        return directory.getFileName() + "-v" + number;
    }

    /** A new path in any directory that is not too deep. */
    private Optional<String> place(List<String> directories, String kind) {
        int which = dice.nextInt(directories.size() + 1);
        String name = kind + number;
        if (which == directories.size()) {
            return Optional.of(name);
        }
        String parent = directories.get(which);
        boolean deep = parent.chars().filter(c -> c == '/').count() >= DEEPEST - 1;
        return deep ? Optional.empty() : Optional.of(parent + "/" + name);
    }

    private Optional<String> any(List<String> paths) {
        return paths.isEmpty() ? Optional.empty() : Optional.of(paths.get(dice.nextInt(paths.size())));
    }

    private void carryOut(String operation) throws IOException {
        String[] word = operation.split(" ", -1);
        switch (word[0]) {
            case "mkdir" -> Files.createDirectory(at(word[1]));
            case "create" -> Files.createFile(at(word[1]));
            case "symlink" -> Files.createSymbolicLink(at(word[2]), Path.of(word[1]));
            case "link" -> Files.createLink(at(word[2]), at(word[1]));
            // Without ATOMIC_MOVE what is in the way would be removed before.
            case "rename" -> Files.move(at(word[1]), at(word[2]), StandardCopyOption.ATOMIC_MOVE);
            case "unlink", "rmdir" -> Files.delete(at(word[1]));
            case "write" -> write(at(word[1]), NameModel.content(word[2], Integer.parseInt(word[3])));
            case "truncate" -> {
                try (FileChannel file = FileChannel.open(at(word[1]), StandardOpenOption.WRITE)) {
                    file.truncate(Integer.parseInt(word[2]));
                }
            }
            case NameModel.SYNC -> sync();
            default -> throw new IllegalArgumentException(operation);
        }
    }

    private static void write(Path path, byte[] bytes) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                file.write(buffer, buffer.position());
            }
        }
    }

    private void sync() throws IOException {
        for (String file : model.paths(Kind.FILE)) {
            flush(at(file));
        }
        for (String inner : model.paths(Kind.DIRECTORY)) {
            flush(at(inner));
        }
        flush(directory);
        flush(Path.of("names"));
    }

    private static void flush(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private Path at(String path) {
        return directory.resolve(path);
    }
}
