package io.gemel.engine.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the journal service promises its clients. */
@Timeout(60)
class JournalTest {

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void file() {
        file = directory.resolve("journal");
    }

    @Test
    void recordsAreNumberedFromOneAndAreThereAfterReopening() throws IOException {
        try (JournalFile journal = JournalFile.open(directory)) {
            assertThat(journal.append(7, 1, bytes("a"))).isEqualTo(1);
            assertThat(journal.append(8, 1, bytes("b"))).isEqualTo(2);
        }
        try (JournalFile journal = JournalFile.open(directory)) {
            assertThat(journal.append(7, 2, bytes("c"))).isEqualTo(3);
            assertThat(records(journal)).containsExactly("7/1/a", "8/1/b", "7/2/c");
        }
    }

    @Test
    void aRecordSentAgainIsNotAppendedAgain() throws IOException {
        try (JournalFile journal = JournalFile.open(directory)) {
            journal.append(7, 1, bytes("a"));
        }
        try (JournalFile journal = JournalFile.open(directory)) {
            assertThat(journal.append(7, 1, bytes("a"))).isEqualTo(1);
            assertThat(journal.count()).isEqualTo(1);
        }
    }

    @Test
    void aRecordThatIsNotWholeIsCutOff() throws IOException {
        try (JournalFile journal = JournalFile.open(directory)) {
            journal.append(7, 1, bytes("whole"));
            journal.append(7, 2, bytes("torn"));
        }
        truncate(Files.size(file) - 1);
        try (JournalFile journal = JournalFile.open(directory)) {
            assertThat(records(journal)).containsExactly("7/1/whole");
            assertThat(journal.append(7, 2, bytes("again"))).isEqualTo(2);
            assertThat(records(journal)).containsExactly("7/1/whole", "7/2/again");
        }
    }

    @Test
    void aFlippedBitIsSeen() throws IOException {
        try (JournalFile journal = JournalFile.open(directory)) {
            journal.append(7, 1, bytes("first"));
            journal.append(7, 2, bytes("second"));
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {'F'}), 28);
            }
            assertThatThrownBy(() -> records(journal))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("byte 0");
        }
    }

    @Test
    void clientsFindEveryAcknowledgedRecordAlsoWhenTheServiceMovesMeanwhile() throws Exception {
        JournalServer first = JournalServer.open(directory, loopback(0));
        InetSocketAddress address = first.address();
        FutureTask<Void> firstServes = start(first::serve);
        JournalWriter writer = new JournalWriter(address, 3, 0);
        FutureTask<JournalReport> report = new FutureTask<>(writer::run);
        Thread.ofPlatform().daemon().start(report);
        await(() -> writer.acknowledged() > 20);
        first.close();
        firstServes.get(10, TimeUnit.SECONDS);
        long before = writer.acknowledged();
        JournalServer second = JournalServer.open(directory, address);
        FutureTask<Void> secondServes = start(second::serve);
        try (second) {
            await(() -> writer.acknowledged() > before + 20);
            writer.stop();
            JournalReport result = report.get(30, TimeUnit.SECONDS);
            assertThat(result.nothingLost()).isTrue();
            assertThat(result.acknowledged()).isGreaterThan(40);
            assertThat(result.reconnects()).isPositive();
        } finally {
            secondServes.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aLostRecordIsReported() throws Exception {
        JournalServer first = JournalServer.open(directory, loopback(0));
        FutureTask<Void> firstServes = start(first::serve);
        JournalWriter writer = new JournalWriter(first.address(), 1, 0);
        FutureTask<JournalReport> report = new FutureTask<>(writer::run);
        Thread.ofPlatform().daemon().start(report);
        await(() -> writer.acknowledged() > 5);
        first.close();
        firstServes.get(10, TimeUnit.SECONDS);
        writer.stop();
        truncate(Files.size(file) / 2);
        JournalServer second = JournalServer.open(directory, first.address());
        FutureTask<Void> secondServes = start(second::serve);
        try (second) {
            JournalReport result = report.get(30, TimeUnit.SECONDS);
            assertThat(result.nothingLost()).isFalse();
            assertThat(result.found()).isLessThan(result.acknowledged());
        } finally {
            secondServes.get(10, TimeUnit.SECONDS);
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static FutureTask<Void> start(Runnable work) {
        FutureTask<Void> task = new FutureTask<>(work, null);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private void truncate(long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> records(JournalFile journal) throws IOException {
        List<String> records = new ArrayList<>();
        journal.readBack((writer, sequence, payload) ->
                records.add(writer + "/" + sequence + "/" + new String(payload, StandardCharsets.UTF_8)));
        return records;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("in time").isNegative();
            Thread.sleep(5);
        }
    }
}
