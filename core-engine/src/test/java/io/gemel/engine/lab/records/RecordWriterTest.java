package io.gemel.engine.lab.records;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A writer holds the application to every record that it confirmed: each there, in order, once, unchanged. */
@Timeout(60)
class RecordWriterTest {

    private static final int WRITER = 3;
    private static final long ENOUGH = 50;

    @TempDir
    private Path logs;

    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> looks = new CopyOnWriteArrayList<>();
    private final List<Long> stored = new CopyOnWriteArrayList<>();

    /** Breaks what is stored before the record of that number is appended. */
    private BiConsumer<Long, List<Long>> mischief = (sequence, all) -> {};

    private boolean spoils;
    private int failures;

    /** An application that keeps its records in memory. */
    private final class MemoryStore implements RecordStore {

        @Override
        public void prepare() {}

        @Override
        public void append(long sequence, boolean again) throws IOException {
            mischief.accept(sequence, stored);
            if (!(again && stored.contains(sequence))) {
                stored.add(sequence);
            }
            if (failures-- > 0) {
                throw new IOException("the answer was lost");
            }
        }

        @Override
        public Extent extent() {
            return new Extent(
                    stored.size(),
                    stored.stream().mapToLong(Long::longValue).max().orElse(0));
        }

        @Override
        public void read(Visitor visitor) {
            stored.forEach(each -> visitor.record(each, sequence -> !spoils));
        }

        @Override
        public void close() {}
    }

    private RecordWriter written() throws InterruptedException {
        RecordWriter writer =
                new RecordWriter(WRITER, number -> new MemoryStore(), 0, logs, looks::add, complaints::add);
        Thread thread = Thread.ofPlatform().start(writer::write);
        while (writer.promised() < ENOUGH) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        writer.stop();
        thread.join();
        writer.check();
        return writer;
    }

    @Test
    void allIsThereThoughAnswersWereLost() throws Exception {
        failures = 2;
        RecordWriter writer = written();
        assertThat(complaints).isEmpty();
        assertThat(looks).isEmpty();
        assertThat(writer.found()).isEqualTo(writer.promised());
        assertThat(writer.reconnects()).isEqualTo(2);
    }

    @Test
    void aRecordThatIsGoneIsSeen() throws Exception {
        mischief = (sequence, all) -> {
            if (sequence == 20) {
                all.remove(7L);
            }
        };
        RecordWriter writer = written();
        assertThat(complaints).singleElement().asString().contains("records 7 to 7 are missing before record 8");
        assertThat(writer.found()).isLessThan(writer.promised());
    }

    @Test
    void aRecordThatIsGoneIsSeenAtTheNextConnectionAlready() throws Exception {
        mischief = (sequence, all) -> {
            if (sequence == 20 && all.contains(18L)) {
                all.remove(18L);
                failures = 1;
            }
        };
        written();
        assertThat(looks).singleElement().asString().contains("19 records were confirmed, and the application shows");
    }

    @Test
    void theLastRecordsThatAreGoneAreSeen() throws Exception {
        RecordWriter writer = written();
        stored.removeLast();
        stored.removeLast();
        writer.check();
        assertThat(complaints).singleElement().asString().contains("were confirmed and are missing");
    }

    @Test
    void aRecordThatStandsTwiceOrLateIsSeen() throws Exception {
        mischief = (sequence, all) -> {
            if (sequence == 20) {
                all.add(11L);
            }
        };
        written();
        assertThat(complaints).singleElement().asString().contains("record 11 stands after record 19");
    }

    @Test
    void aRecordThatWasChangedIsSeen() throws Exception {
        spoils = true;
        RecordWriter writer = written();
        assertThat(complaints).isNotEmpty().first().asString().contains("does not carry what was sent");
        assertThat(writer.found()).isZero();
    }
}
