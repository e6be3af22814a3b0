package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * The application of the kill matrix: workers that write slots, change names and append, as fast as a busy server does.
 * Runs in the mirrored directory, which it never leaves: when the file system is taken away it must see errors, not what
 * lies below.
 */
final class Load {

    /** What its slot files are: file {@code sN} has slots of that many bytes. */
    static final List<SlotFile> SLOT_FILES = List.of(
            new SlotFile(0, 4 << 10, 4_096),
            new SlotFile(1, 16 << 10, 1_024),
            new SlotFile(2, 32 << 10, 1_024),
            new SlotFile(3, 64 << 10, 512));

    static final int NAME_WORKERS = 2;

    /** More versions than one epoch can write to a file. */
    static final long VERSIONS_AN_EPOCH = 10_000_000;

    /** A file with this name beside the logs asks the load to end. */
    static final String STOP = "stop";

    private static final long MOST_PAUSE_NS = 1_000_000;
    private static final long MOST_REST_NS = 40_000_000;
    private static final int STEPS_A_REST = 5;

    /**
     * A file of slots.
     *
     * @param number names it
     * @param slotBytes size of one slot
     * @param slots how many
     */
    record SlotFile(int number, int slotBytes, int slots) {
        Path path() {
            return Path.of("slots", "s" + number);
        }
    }

    /** One worker's operation after the other. */
    interface Worker {
        void step() throws IOException;
    }

    /** Makes a worker of its log and its dice. */
    private interface Maker {
        Worker make(LoadLog log, SplittableRandom dice) throws IOException;
    }

    private final Path logs;
    private final int epoch;
    private final SplittableRandom dice;
    private final List<Thread> threads = new ArrayList<>();

    private Load(Path logs, int epoch, long seed) {
        this.logs = logs;
        this.epoch = epoch;
        this.dice = new SplittableRandom(seed);
    }

    static Path log(Path logs, int epoch, String worker) {
        return logs.resolve(epoch + "-" + worker + ".log");
    }

    static Path names(int epoch, int worker) {
        return Path.of("names", epoch + "-" + worker);
    }

    static Path appended(int epoch) {
        return Path.of("logs", Integer.toString(epoch));
    }

    private void run() throws InterruptedException {
        for (SlotFile file : SLOT_FILES) {
            start("s" + file.number(), (log, random) -> new SlotWorker(file, epoch, log, random));
        }
        for (int i = 0; i < NAME_WORKERS; i++) {
            Path directory = names(epoch, i);
            start("n" + i, (log, random) -> new NameWorker(directory, log, random));
        }
        start("a", (log, random) -> new AppendWorker(appended(epoch), log, random));
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void start(String name, Maker maker) {
        SplittableRandom random = dice.split();
        threads.add(Thread.ofPlatform().name(name).start(() -> {
            try (LoadLog log = new LoadLog(log(logs, epoch, name))) {
                work(log, random, maker);
            } catch (IOException e) {
                throw new IllegalStateException("the log of worker " + name + " cannot be written", e);
            }
        }));
    }

    private void work(LoadLog log, SplittableRandom random, Maker maker) {
        Path stop = logs.resolve(STOP);
        try {
            Worker worker = maker.make(log, random);
            while (!Files.exists(stop)) {
                worker.step();
                boolean rests = random.nextInt(STEPS_A_REST) == 0;
                LockSupport.parkNanos(random.nextLong(rests ? MOST_REST_NS : MOST_PAUSE_NS));
            }
        } catch (IOException | RuntimeException e) {
            log.failed(e.toString());
        }
    }

    /** Arguments: the directory of the logs, the epoch, the seed. */
    public static void main(String[] arguments) throws Exception {
        String here = Path.of("").toAbsolutePath().toString();
        boolean mounted = Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .anyMatch(line -> line.contains(" " + here + " ") && line.contains(" - fuse"));
        if (!mounted) {
            System.err.println(here + " is not served here");
            System.exit(3);
        }
        Path pid = Path.of(arguments[3]);
        Files.writeString(pid, Long.toString(ProcessHandle.current().pid()));
        new Load(Path.of(arguments[0]), Integer.parseInt(arguments[1]), Long.parseLong(arguments[2])).run();
        System.exit(0);
    }
}
