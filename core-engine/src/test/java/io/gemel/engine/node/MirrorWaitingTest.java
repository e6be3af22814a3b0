package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When calls of the application return. */
@RequiresRoot
@RequiresFuse
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MirrorWaitingTest {

    private static final long WAIT_SECONDS = 60;
    private static final long POLL_MS = 2;

    @TempDir
    Path base;

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting until " + what).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    /** An action of the application, in a thread of its own because it may wait. */
    private static Thread act(Action action) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                action.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private interface Action {
        void run() throws IOException;
    }

    private static void ends(Thread thread) throws InterruptedException {
        assertThat(thread.join(java.time.Duration.ofSeconds(WAIT_SECONDS)))
                .as("the call returns")
                .isTrue();
    }

    private static Thread writing(Path file) {
        return act(() -> Files.write(file, "new".getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE));
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void inSyncWriteACallReturnsWhenThePeerHasAppliedIt() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.writeString(pair.n1.directory.resolve("f"), "old");
            pair.mirror();
            pair.answers().hold();
            Thread writer = writing(pair.n1.directory.resolve("f"));
            await(
                    "the peer has the write",
                    () -> content(pair.n2.directory.resolve("f")).equals("new"));
            assertThat(writer.isAlive()).as("the writer waits for the answer").isTrue();
            pair.answers().letGo();
            ends(writer);
        }
    }

    @Test
    void aCallThatWaitsForALostPeerReturnsWhenTheNodeGoesAlone() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.writeString(pair.n1.directory.resolve("f"), "old");
            pair.mirror();
            pair.answers().hold();
            Thread writer = writing(pair.n1.directory.resolve("f"));
            await(
                    "the peer has the write",
                    () -> content(pair.n2.directory.resolve("f")).equals("new"));
            pair.cut();
            pair.n1.plane.linkDown();
            assertThat(writer.isAlive()).as("nobody has decided yet").isTrue();
            pair.n1.plane.goAlone();
            ends(writer);
            assertThat(content(pair.n1.directory.resolve("f"))).isEqualTo("new");
            pair.answers().letGo();
        }
    }

    @Test
    void inSyncFsyncAWriteReturnsAtOnceAndAnFsyncWhenThePeerHasIt() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.FSYNC)) {
            Files.writeString(pair.n1.directory.resolve("f"), "old");
            pair.mirror();
            pair.answers().hold();
            ends(writing(pair.n1.directory.resolve("f")));
            try (FileChannel file = FileChannel.open(pair.n1.directory.resolve("f"), StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(new byte[] {1, 2}));
                Thread flusher = act(() -> file.force(true));
                await("the peer has flushed", () -> pair.answers().holds(StreamFormat.DONE));
                assertThat(flusher.isAlive())
                        .as("the flush waits for the answer")
                        .isTrue();
                pair.answers().letGo();
                ends(flusher);
            }
        }
    }

    @Test
    void aWriteThatComesBeforeASwapIsCompleteWaitsAndIsOnBothNodes() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Files.writeString(pair.n1.directory.resolve("f"), "old");
            pair.mirror();
            pair.n1.plane.closePrimary();
            pair.n2.plane.closeSecond();
            pair.n1.plane.openSecond();
            pair.n2.plane.openPrimary(true);
            Thread writer = writing(pair.n2.directory.resolve("f"));
            await(
                    "the write waits for the mirror",
                    () -> Thread.getAllStackTraces().values().stream()
                            .flatMap(Arrays::stream)
                            .anyMatch(call -> call.getMethodName().equals("awaitExpected")));
            pair.n2.plane.startMirror(1);
            ends(writer);
            assertThat(content(pair.n1.directory.resolve("f"))).isEqualTo("new");
        }
    }

    @Test
    void aLinkThatIsCutAmongManyWritersLeavesNobodyHanging() throws Exception {
        for (SyncMode mode : SyncMode.values()) {
            try (MirrorPair pair = new MirrorPair(base.resolve(mode.name()), mode)) {
                pair.mirror();
                try (TreeLoad load = new TreeLoad(pair.n1.directory, 7, 6)) {
                    await("the load runs", () -> load.done() > 500);
                    pair.cut();
                    pair.n1.await("closed");
                    pair.n1.plane.goAlone();
                    long then = load.done();
                    await("the load goes on", () -> load.done() > then + 500);
                    assertThat(load.stop()).as("every thread ends").isTrue();
                }
            }
        }
    }
}
