package io.gemel.engine.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplicationStreamTest {

    private static final byte BEGIN = StreamFormat.COPY_BEGIN;
    private static final Duration WAIT = Duration.ofSeconds(30);

    private final ReplicationStream stream = new ReplicationStream(7);
    private final List<Long> sequences = Collections.synchronizedList(new ArrayList<>());
    private final List<Byte> kinds = Collections.synchronizedList(new ArrayList<>());

    private static ByteBuffer frame(byte kind, int bytes) {
        ByteBuffer frame = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return frame.put(4, kind);
    }

    private static ByteBuffer frame() {
        return frame(StreamFormat.WRITE, StreamFormat.FIELDS_AT);
    }

    private void record(ByteBuffer frame) {
        kinds.add(frame.get(4));
        sequences.add(frame.getLong(StreamFormat.SEQUENCE_AT) & ~StreamFormat.NOBODY_WAITS);
    }

    private int mirror() {
        return stream.beginMirror(this::record, frame(BEGIN, StreamFormat.FIELDS_AT));
    }

    @Test
    void withoutAPeerNothingIsSentAndNobodyWaits() {
        assertThat(stream.mirrors(1)).isFalse();
        assertThat(stream.submit(stream.epoch(), frame(), _ -> {}, false)).isFalse();
        assertThat(sequences).isEmpty();
    }

    @Test
    void operationsOfManyThreadsAreNumberedInTheOrderInWhichTheyAreSent() throws InterruptedException {
        int epoch = mirror();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 100; n++) {
                    stream.submit(epoch, frame(), null, false);
                }
            }));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(WAIT)).isTrue();
        }
        assertThat(sequences).isEqualTo(LongStream.rangeClosed(1, 801).boxed().toList());
    }

    @Test
    void noOperationComesBeforeTheFrameThatBegins() throws InterruptedException {
        AtomicInteger ended = new AtomicInteger();
        Thread busy = Thread.ofPlatform().start(() -> {
            while (ended.get() == 0) {
                stream.submit(stream.epoch(), frame(), null, false);
                if (stream.connected()) {
                    stream.goAlone();
                }
            }
        });
        List<Byte> firsts = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            List<Byte> seen = Collections.synchronizedList(new ArrayList<>());
            stream.beginMirror(f -> seen.add(f.get(4)), frame(BEGIN, StreamFormat.FIELDS_AT));
            // Nothing at all is sent when the other thread has already gone on alone.
            if (!seen.isEmpty()) {
                firsts.add(seen.getFirst());
            }
        }
        ended.set(1);
        assertThat(busy.join(WAIT)).isTrue();
        assertThat(firsts).isNotEmpty().containsOnly(BEGIN);
    }

    @Test
    void whoWaitsHearsOfItsAcknowledgementOnce() {
        int epoch = mirror();
        AtomicInteger heard = new AtomicInteger();
        stream.submit(epoch, frame(), _ -> heard.incrementAndGet(), false);
        stream.acknowledge(epoch, 1);
        assertThat(heard).hasValue(0);
        stream.acknowledge(epoch, 2);
        stream.acknowledge(epoch, 2);
        stream.goAlone();
        assertThat(heard).hasValue(1);
    }

    @Test
    void aFlushIsDoneWhenThePeerSaysSoNotWhenItIsApplied() {
        int epoch = mirror();
        AtomicInteger heard = new AtomicInteger(-1);
        stream.submit(epoch, frame(), heard::set, true);
        stream.acknowledge(epoch, 2);
        assertThat(heard).hasValue(-1);
        stream.flushed(epoch, 2);
        assertThat(heard).hasValue(0);
    }

    @Test
    void aFlushThatIsDoneAcknowledgesWhatWasBeforeIt() {
        int epoch = mirror();
        AtomicInteger heard = new AtomicInteger(-1);
        stream.submit(epoch, frame(), heard::set, false);
        stream.submit(epoch, frame(), errno -> {}, true);
        stream.flushed(epoch, 3);
        assertThat(heard).hasValue(0);
    }

    @Test
    void anAnswerOfAnOldStreamMeansNothing() {
        int old = mirror();
        AtomicInteger heard = new AtomicInteger();
        int present = mirror();
        stream.submit(present, frame(), _ -> heard.incrementAndGet(), false);
        stream.submit(present, frame(), _ -> heard.incrementAndGet(), true);
        stream.acknowledge(old, 2);
        stream.flushed(old, 3);
        assertThat(heard).hasValue(0);
        stream.flushed(present, 3);
        assertThat(heard).hasValue(2);
    }

    @Test
    void anOperationSaysWhetherSomebodyWaitsForItsAcknowledgement() {
        List<Boolean> hurry = new ArrayList<>();
        int epoch = stream.beginMirror(
                f -> hurry.add(f.getLong(StreamFormat.SEQUENCE_AT) > 0), frame(BEGIN, StreamFormat.FIELDS_AT));
        stream.submit(epoch, frame(), null, false);
        stream.submit(epoch, frame(), _ -> {}, false);
        stream.submit(epoch, frame(), _ -> {}, true);
        assertThat(hurry).containsExactly(false, false, true, false);
    }

    @Test
    void anOperationThatCameBeforeTheExpectedMirrorIsItsFirst() throws InterruptedException {
        stream.expectPeer();
        int epoch = stream.epoch();
        assertThat(stream.mirrors(1)).isTrue();
        Thread early = Thread.ofPlatform().start(() -> stream.submit(epoch, frame(), null, false));
        awaitWaiting(early);
        assertThat(mirror()).isEqualTo(epoch);
        assertThat(early.join(WAIT)).isTrue();
        assertThat(kinds).containsExactly(BEGIN, StreamFormat.WRITE);
    }

    @Test
    void whoWaitsForAnExpectedMirrorIsAnsweredWhenTheNodeGoesAlone() throws InterruptedException {
        stream.expectPeer();
        int epoch = stream.epoch();
        AtomicInteger mirrored = new AtomicInteger(-1);
        Thread early =
                Thread.ofPlatform().start(() -> mirrored.set(stream.submit(epoch, frame(), _ -> {}, false) ? 1 : 0));
        awaitWaiting(early);
        stream.goAlone();
        assertThat(early.join(WAIT)).isTrue();
        assertThat(mirrored).hasValue(0);
    }

    @Test
    void anAcknowledgementOfWhatWasNotSentIsRefused() {
        int epoch = mirror();
        assertThatThrownBy(() -> stream.acknowledge(epoch, 2)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aFullWindowHoldsOperationsBackUntilThePeerAcknowledges() throws InterruptedException {
        int epoch = mirror();
        Thread sender = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < ReplicationStream.WINDOW_OPERATIONS; i++) {
                stream.submit(epoch, frame(), null, false);
            }
        });
        awaitWaiting(sender);
        assertThat(sequences).hasSize(ReplicationStream.WINDOW_OPERATIONS);
        stream.acknowledge(epoch, 1);
        assertThat(sender.join(WAIT)).isTrue();
        assertThat(sequences).hasSize(ReplicationStream.WINDOW_OPERATIONS + 1);
    }

    @Test
    void theWindowIsBoundedInBytesToo() throws InterruptedException {
        int epoch = mirror();
        int bytes = 1 << 20;
        Thread sender = Thread.ofPlatform().start(() -> {
            for (long n = 0; n <= ReplicationStream.WINDOW_BYTES / bytes; n++) {
                stream.submit(epoch, frame(StreamFormat.WRITE, bytes), null, false);
            }
        });
        awaitWaiting(sender);
        assertThat(stream.awaitAcknowledged(epoch, 2, 1)).isFalse();
        stream.acknowledge(epoch, sequences.getLast());
        assertThat(stream.awaitAcknowledged(epoch, 2, 1)).isTrue();
        assertThat(sender.join(WAIT)).isTrue();
    }

    private static void awaitWaiting(Thread thread) throws InterruptedException {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (thread.getState() != Thread.State.WAITING) {
            assertThat(System.nanoTime()).as("the thread is held back").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Test
    void aLostPeerKeepsEverybodyWaitingUntilTheNodeGoesAlone() throws InterruptedException {
        int epoch = mirror();
        AtomicInteger heard = new AtomicInteger();
        stream.submit(epoch, frame(), _ -> heard.incrementAndGet(), false);
        stream.submit(epoch, frame(), _ -> heard.incrementAndGet(), true);
        stream.lose();
        assertThat(stream.mirrors(1)).isTrue();
        assertThat(stream.submit(epoch, frame(), _ -> heard.incrementAndGet(), false))
                .isTrue();
        assertThat(sequences).as("nothing more is sent").hasSize(3);
        Thread more = Thread.ofPlatform().start(() -> {
            boolean taken = true;
            while (taken) {
                taken = stream.submit(epoch, frame(), null, false);
            }
        });
        awaitWaiting(more);
        assertThat(heard).hasValue(0);
        stream.goAlone();
        assertThat(heard).hasValue(3);
        assertThat(more.join(WAIT)).isTrue();
    }

    @Test
    void aWireThatBreaksLosesThePeer() {
        int epoch = mirror();
        stream.goAlone();
        int next = stream.beginMirror(
                f -> {
                    throw new IOException("broken");
                },
                frame());
        assertThat(next).isNotEqualTo(epoch);
        assertThat(stream.connected()).isFalse();
        AtomicInteger heard = new AtomicInteger();
        assertThat(stream.submit(next, frame(), _ -> heard.incrementAndGet(), false))
                .isTrue();
        assertThat(heard).hasValue(0);
        stream.goAlone();
        assertThat(heard).hasValue(1);
    }

    @Test
    void anOperationOfAnEarlierEpochIsRefused() {
        int epoch = mirror();
        mirror();
        assertThat(stream.submit(epoch, frame(), _ -> {}, false)).isFalse();
        assertThat(kinds).containsOnly(BEGIN);
    }

    @Test
    void whileCopyingOnlyWhatTheTargetHasIsMirrored() {
        int epoch = stream.beginCopy(this::record, frame(BEGIN, StreamFormat.FIELDS_AT));
        assertThat(stream.mirrors(7)).isFalse();
        stream.markSynced(epoch, 7);
        assertThat(stream.mirrors(7)).isTrue();
        assertThat(stream.mirrors(8)).isFalse();
        stream.endCopy(epoch);
        assertThat(stream.mirrors(8)).isTrue();
    }

    @Test
    void whatAnEarlierCopyStillDoesIsNotOfTheNextOne() {
        int early = stream.beginCopy(this::record, frame(BEGIN, StreamFormat.FIELDS_AT));
        stream.beginCopy(this::record, frame(BEGIN, StreamFormat.FIELDS_AT));
        stream.markSynced(early, 7);
        assertThat(stream.mirrors(7)).isFalse();
        stream.endCopy(early);
        assertThat(stream.mirrorsEverything()).isFalse();
    }
}
