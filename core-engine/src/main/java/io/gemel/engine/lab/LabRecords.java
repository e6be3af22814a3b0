package io.gemel.engine.lab;

import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.Moshi;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The records of the labs of this machine. Each change is made under a lock that all processes share. */
final class LabRecords {

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(90);
    private static final JsonAdapter<LabRecord> JSON =
            new Moshi.Builder().build().adapter(LabRecord.class).indent("  ");

    /** A file lock belongs to a whole process; this one parts its threads. */
    private static final ReentrantLock THREADS = new ReentrantLock();

    private LabRecords() {}

    static Optional<LabRecord> find(String name) {
        try {
            return Optional.ofNullable(JSON.fromJson(Files.readString(new LabNames(name).record())));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static LabRecord get(String name) {
        return find(name).orElseThrow(() -> new Problem("there is no lab \"" + name + "\"", nextStep()));
    }

    private static String nextStep() {
        List<String> names = names();
        return names.isEmpty()
                ? "make one with `gemel lab up`"
                : "name one of " + String.join(", ", names) + " with --name, or make it with `gemel lab up`";
    }

    static List<String> names() {
        if (!Files.isDirectory(LabNames.RECORDS)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(LabNames.RECORDS)) {
            return directories
                    .filter(d -> Files.exists(d.resolve("lab.json")))
                    .map(d -> d.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static LabRecord update(String name, UnaryOperator<LabRecord> change) {
        return locked(() -> {
            LabRecord changed = change.apply(get(name));
            write(changed);
            return changed;
        });
    }

    /** Writes a record; a reader sees the old one or the new one, never a half. */
    static void write(LabRecord record) {
        Path file = new LabNames(record.name()).record();
        try {
            Files.createDirectories(file.getParent());
            Path fresh = file.resolveSibling("lab.json.new");
            Files.writeString(fresh, JSON.toJson(record));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(String name) {
        try {
            Path file = new LabNames(name).record();
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.resolveSibling("lab.json.new"));
            Files.deleteIfExists(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Does something while no other process or thread changes what the labs of this machine share. */
    static <T> T locked(Supplier<T> work) {
        acquire();
        try {
            if (THREADS.getHoldCount() > 1) {
                return work.get();
            }
            Files.createDirectories(LabNames.RECORDS);
            try (FileChannel channel = FileChannel.open(
                            LabNames.RECORDS.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = lock(channel)) {
                assert lock.isValid();
                return work.get();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            THREADS.unlock();
        }
    }

    private static void acquire() {
        try {
            if (!THREADS.tryLock(LOCK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static FileLock lock(FileChannel channel) throws IOException {
        Deadline deadline = Deadline.in(LOCK_TIMEOUT);
        while (true) {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return lock;
            }
            if (deadline.passed()) {
                throw busy();
            }
            Deadline.pause(20);
        }
    }

    private static Problem busy() {
        return new Problem(
                "another lab has been busy for " + Tool.seconds(LOCK_TIMEOUT), "look for a `gemel lab` that hangs");
    }
}
