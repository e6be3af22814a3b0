package io.gemel.engine.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.replication.ReplicationStream.Position;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ChangeTrackerTest {

    private static final int BLOCK = BlockSet.BLOCK_BYTES;
    private static final int EPOCH = 3;

    private final ChangeTracker tracker = mirrored();

    private static ChangeTracker mirrored() {
        ChangeTracker tracker = new ChangeTracker();
        tracker.begin();
        tracker.peerHasEverything();
        return tracker;
    }

    private static Position at(long sent, long acknowledged) {
        return new Position(EPOCH, true, sent, acknowledged);
    }

    private void tick(Position position) {
        tracker.rotate(tracker.olderIsQuiet(), position);
    }

    /** What is pending of an object once the peer is lost and back. */
    private Optional<Change> left(long id) {
        tracker.peerLost();
        tracker.beginResync();
        return tracker.pending(id);
    }

    @Test
    void writesLeaveTheBlocksThatTheyTouchJoinedAndInOrder() {
        tracker.data(7, 10L * BLOCK, 1);
        tracker.data(7, BLOCK - 1, 2);
        tracker.data(7, 100_000L * BLOCK + 5, BLOCK);
        Change change = left(7).orElseThrow();
        assertThat(change.ranges())
                .containsExactly(0, 2L * BLOCK, 10L * BLOCK, 11L * BLOCK, 100_000L * BLOCK, 100_002L * BLOCK);
        assertThat(change.isNew()).isFalse();
        assertThat(change.hasEntries()).isFalse();
        assertThat(change.keptBytes()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void randomBlocksAreAllThereAndNoOthers() {
        Random dice = new Random(5);
        BlockSet set = new BlockSet();
        TreeSet<Long> wanted = new TreeSet<>();
        for (int i = 0; i < 5_000; i++) {
            long block = dice.nextLong(200_000);
            int count = 1 + dice.nextInt(200);
            assertThat(set.addBytes(block * BLOCK + 3, (count - 1L) * BLOCK)).isTrue();
            for (int b = 0; b < count && (count > 1 || b < 0); b++) {
                wanted.add(block + b);
            }
        }
        TreeSet<Long> found = new TreeSet<>();
        long[] ranges = set.ranges();
        for (int i = 0; i < ranges.length; i += 2) {
            for (long at = ranges[i]; at < ranges[i + 1]; at += BLOCK) {
                found.add(at / BLOCK);
            }
        }
        assertThat(found).isEqualTo(wanted);
    }

    @Test
    void aFileThatIsTouchedInTooManyPlacesIsWhole() {
        for (long zone = 0; zone <= BlockSet.MAX_ZONES; zone++) {
            tracker.data(7, zone * 64 * BLOCK, 1);
        }
        Change change = left(7).orElseThrow();
        assertThat(change.isWhole()).isTrue();
        assertThat(change.keptBytes()).isZero();
        assertThat(change.ranges()).containsExactly(0, Long.MAX_VALUE);
    }

    @Test
    void theSmallestSizeIsRememberedOverBothGenerations() {
        tracker.size(7, 100);
        tick(at(1, 0));
        tracker.size(7, 5_000);
        tracker.entries(8);
        Change change = left(7).orElseThrow();
        assertThat(change.keptBytes()).isEqualTo(100);
        assertThat(tracker.pending(8).orElseThrow().hasEntries()).isTrue();
    }

    @Test
    void whatThePeerHasAcknowledgedIsForgottenAndNothingElse() {
        tracker.data(7, 0, 1);
        tick(at(1, 0));
        tracker.data(8, 0, 1);
        tick(at(2, 1));
        assertThat(left(7)).as("its mark is 2, and 1 is acknowledged").isPresent();
        assertThat(tracker.pending(8)).isPresent();
    }

    @Test
    void anAcknowledgedGenerationGoesAndTheCurrentOneStays() {
        tracker.data(7, 0, 1);
        tick(at(1, 0));
        tracker.data(8, 0, 1);
        tick(at(2, 2));
        assertThat(left(7)).isEmpty();
        assertThat(tracker.pending(8)).isPresent();
    }

    @Test
    void anOperationThatNotedButIsNotOnTheStreamYetHoldsTheMarkUp() {
        ChangeTracker.Generation entered = tracker.enter();
        tracker.data(7, 0, 1);
        tick(at(1, 1));
        tick(at(1, 1));
        tick(at(1, 1));
        tracker.leave(entered);
        tick(at(2, 1));
        assertThat(left(7)).as("it became number 2, which is not acknowledged").isPresent();
    }

    @Test
    void aMarkOfAnotherStreamMeansNothing() {
        tracker.data(7, 0, 1);
        tick(at(5, 0));
        tick(at(5, 0));
        tick(new Position(EPOCH + 1, true, 9, 9));
        assertThat(left(7)).isPresent();
    }

    @Test
    void bothGenerationsAreLeftWhenThePeerIsLost() {
        tracker.data(7, 0, 1);
        tick(at(1, 0));
        tracker.data(7, 5L * BLOCK, 1);
        tracker.data(9, 0, 1);
        assertThat(left(7).orElseThrow().ranges()).containsExactly(0, BLOCK, 5L * BLOCK, 6L * BLOCK);
        assertThat(tracker.pending(9)).isPresent();
    }

    @Test
    void afterTheLossEverythingIsKeptHoweverLongItTakes() {
        tracker.peerLost();
        tracker.data(7, 0, 1);
        for (int i = 0; i < 5; i++) {
            tick(new Position(EPOCH, false, 10, 10));
        }
        tracker.beginResync();
        assertThat(tracker.pending(7)).isPresent();
    }

    @Test
    void inAResynchronisationAPendingObjectIsOnlyNotedAndOthersAreTracked() {
        tracker.peerLost();
        tracker.data(7, 0, 1);
        tracker.entries(20);
        tracker.beginResync();
        tracker.data(7, 3L * BLOCK, 1);
        tracker.data(8, 0, 1);
        tracker.made(21, true, false);
        tracker.made(22, false, true);
        assertThat(tracker.contains(7)).isFalse();
        assertThat(tracker.contains(8)).as("it goes to the peer").isTrue();
        assertThat(tracker.pending(7).orElseThrow().ranges()).containsExactly(0, BLOCK, 3L * BLOCK, 4L * BLOCK);
        assertThat(tracker.isKnown(21)).isFalse();
        tracker.makeKnown(21);
        assertThat(tracker.isKnown(21)).isTrue();
        assertThat(tracker.contains(21)).isFalse();
        assertThat(tracker.contains(22)).isTrue();
        for (long id : tracker.pending(id -> true)) {
            assertThat(tracker.add(id)).isTrue();
        }
        tracker.peerHasEverything();
        assertThat(tracker.whyIncomplete()).isEmpty();
        assertThat(left(8)).as("noted while the rest was sent").isPresent();
        assertThat(tracker.pending(22)).isPresent();
        assertThat(tracker.pending(7)).isEmpty();
    }

    @Test
    void aResynchronisationThatIsCutShortIsFollowedByACopy() {
        tracker.peerLost();
        tracker.data(7, 0, 1);
        tracker.beginResync();
        tracker.peerLost();
        assertThat(tracker.whyIncomplete()).isPresent();
    }

    @Test
    void withTooManyObjectsTheTrackingEndsAndSaysSo() {
        for (long id = 1; id <= ChangeTracker.MAX_OBJECTS + 1; id++) {
            tracker.attributes(id);
        }
        assertThat(tracker.whyIncomplete().orElseThrow()).contains("more than");
        tracker.begin();
        tracker.peerHasEverything();
        assertThat(tracker.whyIncomplete()).isEmpty();
    }

    @Test
    void beforeTheFirstCopyNothingIsKnown() {
        assertThat(new ChangeTracker().whyIncomplete()).isPresent();
    }

    @Test
    void anOperationFromBeforeIsWaitedForAlsoWhenItsGenerationWasUnited() {
        ChangeTracker.Generation entered = tracker.enter();
        tracker.data(7, 0, 1);
        tick(at(1, 0));
        tracker.peerLost();
        tracker.beginResync();
        assertThat(tracker.pendingIsQuiet()).isFalse();
        tracker.leave(entered);
        assertThat(tracker.pendingIsQuiet()).isTrue();
    }
}
