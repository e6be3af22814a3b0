package io.gemel.engine.lab.records;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/**
 * A client that numbers its records and sends the next only when the one before is confirmed: what it was promised is all
 * records up to a number. It writes down each confirmation, with the time.
 */
final class RecordWriter {

    private static final long RETRY_MS = 50;
    private static final Duration CHECK = Duration.ofMinutes(2);

    private final int number;
    private final RecordStore.Opener opener;
    private final long intervalNs;
    private final Consumer<String> looks;
    private final Consumer<String> complaints;
    private final BufferedWriter log;
    private RecordStore store;
    private volatile boolean stopped;
    private final AtomicLong promised = new AtomicLong();
    private volatile long waitingSinceNs = System.nanoTime();
    private volatile long longestWaitNs;
    private final AtomicLong reconnects = new AtomicLong();
    private volatile long found;

    /**
     * @param logs where it writes down what it was told
     * @param looks is told when a new connection shows less than was confirmed
     * @param complaints is told what is not as promised at the end
     */
    RecordWriter(
            int number,
            RecordStore.Opener opener,
            long intervalNs,
            Path logs,
            Consumer<String> looks,
            Consumer<String> complaints) {
        this.looks = looks;
        this.number = number;
        this.opener = opener;
        this.intervalNs = intervalNs;
        this.complaints = complaints;
        try {
            this.log = Files.newBufferedWriter(logs.resolve("writer-" + number + ".log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long promised() {
        return promised.get();
    }

    long found() {
        return found;
    }

    long longestWaitNs() {
        return Math.max(longestWaitNs, stopped ? 0 : System.nanoTime() - waitingSinceNs);
    }

    long waitingSinceNs() {
        return waitingSinceNs;
    }

    long reconnects() {
        return reconnects.get();
    }

    void stop() {
        stopped = true;
    }

    /** Writes until it is told to stop. */
    void write() {
        long next = System.nanoTime();
        waitingSinceNs = next;
        while (!stopped) {
            if (send(promised.get() + 1)) {
                promised.incrementAndGet();
                longestWaitNs = Math.max(longestWaitNs, System.nanoTime() - waitingSinceNs);
                note("confirmed " + promised.get());
            }
            next = Math.max(next + intervalNs, System.nanoTime());
            pause(TimeUnit.NANOSECONDS.toMillis(next - System.nanoTime()));
            waitingSinceNs = System.nanoTime();
        }
        disconnect();
        flush();
    }

    /** Sends a record until it is confirmed; false when told to stop before that. */
    private boolean send(long sequence) {
        boolean again = false;
        while (!stopped) {
            try {
                connect();
                store.append(sequence, again);
                return true;
            } catch (IOException e) {
                note("record " + sequence + " not confirmed: " + e.getMessage());
                disconnect();
                reconnects.incrementAndGet();
                again = true;
                pause(RETRY_MS);
            }
        }
        return false;
    }

    /** A new connection may be one to another node: it is asked at once for everything that was promised. */
    private void connect() throws IOException {
        if (store == null) {
            store = opener.open(number);
            RecordStore.Extent there = store.extent();
            note("connected, " + there.count() + " records up to " + there.last());
            long gone = Math.max(promised.get(), there.last()) - there.count();
            if (gone > 0 || there.last() > promised.get() + 1) {
                tell(
                        looks,
                        promised.get() + " records were confirmed, and the application shows " + there.count()
                                + ", up to " + there.last());
            }
        }
    }

    private void disconnect() {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    /** Asks for every record that was promised. */
    void check() {
        long end = System.nanoTime() + CHECK.toNanos();
        while (true) {
            try (RecordStore last = opener.open(number)) {
                Sequence sequence = new Sequence();
                last.read(sequence);
                sequence.end();
                return;
            } catch (IOException e) {
                if (System.nanoTime() - end >= 0) {
                    complain("the records cannot be read: " + e.getMessage());
                    return;
                }
                pause(RETRY_MS);
            } finally {
                flush();
            }
        }
    }

    /** All numbers from 1 on, each once, in order, each with what it must carry. */
    private final class Sequence implements RecordStore.Visitor {

        private long last;
        private long good;

        @Override
        public void record(long sequence, LongPredicate carries) {
            if (sequence <= last) {
                complain("record " + sequence + " stands after record " + last);
            } else if (sequence > last + 1) {
                complain("records " + (last + 1) + " to " + (sequence - 1) + " are missing before record " + sequence);
            }
            if (!carries.test(sequence)) {
                complain("record " + sequence + " does not carry what was sent");
            } else if (sequence == last + 1 && sequence <= promised.get()) {
                good++;
            }
            last = Math.max(last, sequence);
        }

        void end() {
            if (last < promised.get()) {
                complain("records " + (last + 1) + " to " + promised.get() + " were confirmed and are missing");
            } else if (last > promised.get() + 1) {
                complain("record " + last + " was never sent; " + promised.get() + " were confirmed");
            }
            found = good;
        }
    }

    private void complain(String what) {
        tell(complaints, what);
    }

    private void tell(Consumer<String> whom, String what) {
        note("COMPLAINT " + what);
        flush();
        whom.accept(Instant.now() + " writer " + number + ": " + what);
    }

    private void note(String what) {
        try {
            log.write(Instant.now() + " " + what + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void flush() {
        try {
            log.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void pause(long ms) {
        try {
            TimeUnit.MILLISECONDS.sleep(Math.max(0, ms));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
