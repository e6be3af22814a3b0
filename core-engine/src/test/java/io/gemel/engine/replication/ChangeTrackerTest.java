package io.gemel.engine.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.replication.ChangeStore.Header;
import io.gemel.engine.replication.ChangeStore.Saved;
import io.gemel.engine.simulator.MemoryChanges;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeTrackerTest {

    private static final int BLOCK = BlockSet.BLOCK_BYTES;
    private static final long BASE = 77;

    private final MemoryChanges store = new MemoryChanges();

    /** The identity that was given last; those of the tests are below. */
    private final AtomicLong numbers = new AtomicLong(1_000);

    private ChangeTracker tracker = mirrored();

    private ChangeTracker opened() {
        ChangeTracker opened = new ChangeTracker(store, numbers::incrementAndGet, () -> {});
        opened.open();
        return opened;
    }

    private ChangeTracker mirrored() {
        ChangeTracker copying = opened();
        copying.beginCopy();
        copying.peerHasEverything(Optional.of(copying.endCopy()), BASE);
        return copying;
    }

    private static Saved nothingOf(long base) {
        return new Saved(Header.identical(base), Map.of());
    }

    private Resync resync() {
        tracker.prepareResync(nothingOf(BASE), BASE + 1);
        return tracker.beginResync(begun -> {});
    }

    /** What is pending of an object once the peer is lost and back. */
    private Optional<Change> left(long id) {
        tracker.peerLost();
        return resync().pending(id);
    }

    /** The engine dies, and the next one goes on from the store. */
    private void restart() {
        tracker = opened();
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
    void theSmallestSizeIsRememberedOverBothSpans() {
        tracker.size(7, 100);
        tracker.endSpan();
        tracker.size(7, 5_000);
        tracker.entries(8);
        tracker.peerLost();
        Resync resync = resync();
        assertThat(resync.pending(7).orElseThrow().keptBytes()).isEqualTo(100);
        assertThat(resync.pending(8).orElseThrow().hasEntries()).isTrue();
    }

    @Test
    void whatIsDurableOnBothIsForgottenAndNothingElse() {
        tracker.data(7, 0, 1);
        Generation ended = tracker.endSpan().orElseThrow();
        tracker.data(8, 0, 1);
        tracker.spanIsDurable(ended);
        tracker.peerLost();
        Resync resync = resync();
        assertThat(resync.pending(7)).isEmpty();
        assertThat(resync.pending(8)).isPresent();
    }

    @Test
    void anOperationThatNotedButIsNotOnTheStreamYetHoldsItsSpanUp() {
        Generation entered = tracker.enter();
        tracker.data(7, 0, 1);
        assertThat(tracker.endSpan()).isEmpty();
        assertThat(tracker.isEnding()).isTrue();
        tracker.leave(entered);
        assertThat(tracker.endSpan()).isPresent();
    }

    @Test
    void aSpanOfAMirrorThatWasLostMeanwhileIsNotForgotten() {
        int zones = Intents.MAX_KEPT + 100;
        for (long zone = 0; zone < zones; zone++) {
            tracker.data(7, zone * BlockSet.ZONE_BYTES, 1);
        }
        Generation ended = tracker.endSpan().orElseThrow();
        tracker.peerLost();
        tracker.spanIsDurable(ended);
        restart();
        long[] ranges = left(7).orElseThrow().ranges();
        assertThat(ranges).as("one range from the beginning").hasSize(2).startsWith(0);
        assertThat(ranges[1]).isGreaterThanOrEqualTo(zones * BlockSet.ZONE_BYTES);
    }

    @Test
    void whatWasAboutToChangeIsKnownAfterTheEnginesDeath() {
        tracker.data(7, 5L * BLOCK, 1);
        tracker.size(8, 100);
        tracker.entries(9);
        tracker.whole(10);
        tracker.attributes(11);
        tracker.nameless(12);
        restart();
        Resync resync = resync();
        assertThat(resync.pending(7).orElseThrow().ranges()).containsExactly(0, BlockSet.ZONE_BYTES);
        assertThat(resync.pending(8).orElseThrow().keptBytes()).isEqualTo(100);
        assertThat(resync.pending(9).orElseThrow().hasEntries()).isTrue();
        assertThat(resync.pending(10).orElseThrow().isWhole()).isTrue();
        assertThat(resync.pending(11)).isPresent();
        assertThat(resync.isKnown(12)).isFalse();
        assertThat(resync.pending(300)).isEmpty();
    }

    @Test
    void aHotZoneCostsNothingMoreAndSmallerSizesDo() {
        tracker.data(7, 0, 1);
        int before = store.saves();
        for (int i = 0; i < 100; i++) {
            tracker.data(7, i * 1_000L, 1_000);
        }
        assertThat(store.saves()).isEqualTo(before);
        tracker.size(7, 100);
        tracker.size(7, 200);
        assertThat(store.saves()).isEqualTo(before + 1);
        tracker.size(7, 50);
        assertThat(store.saves()).isEqualTo(before + 2);
    }

    @Test
    void aNewObjectCostsNothingAndIsAllNewAfterTheEnginesDeath() {
        int before = store.saves();
        long id = numbers.incrementAndGet();
        tracker.data(id, 0, 100);
        tracker.attributes(id);
        assertThat(store.saves()).isEqualTo(before);
        restart();
        Resync resync = resync();
        assertThat(resync.isKnown(id)).isFalse();
        assertThat(resync.pending(id).orElseThrow().isWhole()).isTrue();
    }

    @Test
    void aNewObjectThatGrowsOldIsSafeFromTheEnginesDeath() {
        long id = numbers.incrementAndGet();
        Generation entered = tracker.enter();
        tracker.data(id, 0, 100);
        tracker.leave(entered);
        Generation ended = tracker.endSpan().orElseThrow();
        tracker.data(id, 9 * BlockSet.ZONE_BYTES, 100);
        tracker.spanIsDurable(ended);
        restart();
        Resync resync = resync();
        assertThat(resync.isKnown(id)).isTrue();
        assertThat(resync.pending(id).orElseThrow().ranges())
                .containsExactly(9 * BlockSet.ZONE_BYTES, 10 * BlockSet.ZONE_BYTES);
    }

    @Test
    void intentsThatAreNotUsedAnyMoreAreDroppedAndMadeAnewWhenNeeded() {
        tracker.data(7, 0, 1);
        for (int i = 0; i < 10; i++) {
            tracker.data(8, 0, 1);
            tracker.spanIsDurable(tracker.endSpan().orElseThrow());
        }
        restart();
        Resync resync = resync();
        assertThat(resync.pending(7)).isEmpty();
        assertThat(resync.pending(8)).isPresent();
        tracker.data(7, 0, 1);
        restart();
        assertThat(resync().pending(7)).isPresent();
    }

    @Test
    void withoutThePeerEverythingIsKeptHoweverLongItTakes() {
        tracker.peerLost();
        tracker.data(7, 3L * BLOCK, 1);
        for (int i = 0; i < 20; i++) {
            tracker.saveNotes();
        }
        assertThat(store.intents()).isZero();
        restart();
        assertThat(left(7).orElseThrow().ranges())
                .as("precise, since it was saved")
                .containsExactly(3L * BLOCK, 4L * BLOCK);
    }

    @Test
    void inAResynchronisationAPendingObjectIsOnlyNotedAndOthersAreTracked() {
        tracker.peerLost();
        tracker.data(7, 0, 1);
        tracker.entries(20);
        Resync resync = resync();
        tracker.data(7, 3L * BLOCK, 1);
        tracker.data(8, 0, 1);
        long hidden = numbers.incrementAndGet();
        long sent = numbers.incrementAndGet();
        tracker.madeThere(sent);
        assertThat(resync.contains(7)).isFalse();
        assertThat(resync.contains(8)).as("it goes to the peer").isTrue();
        assertThat(resync.pending(7).orElseThrow().ranges()).containsExactly(0, BLOCK, 3L * BLOCK, 4L * BLOCK);
        assertThat(resync.isKnown(hidden)).isFalse();
        resync.makeKnown(hidden);
        assertThat(resync.isKnown(hidden)).isTrue();
        assertThat(resync.contains(hidden)).isFalse();
        assertThat(resync.contains(sent)).isTrue();
        for (long id : resync.pending(id -> true)) {
            assertThat(resync.add(id)).isTrue();
            resync.isBrought(id);
        }
        Generation last = tracker.endCopy();
        tracker.data(8, 9L * BLOCK, 1);
        tracker.peerHasEverything(Optional.of(last), BASE);
        assertThat(left(8).orElseThrow().ranges()).as("noted after the end").containsExactly(9L * BLOCK, 10L * BLOCK);
        assertThat(left(7)).isEmpty();
    }

    @Test
    void aResynchronisationThatIsCutShortGoesOnWithAllThatIsNotKnownToBeThere() {
        tracker.peerLost();
        tracker.data(7, 0, 1);
        tracker.data(8, 0, 1);
        tracker.data(9, 0, 1);
        Resync resync = resync();
        resync.add(7);
        resync.add(8);
        resync.isBrought(8);
        tracker.data(30, 0, 1);
        tracker.peerLost();
        Resync next = resync();
        assertThat(next.pending(7)).as("its content was under way").isPresent();
        assertThat(next.pending(8)).as("it was sent, but may not be on a disk").isPresent();
        assertThat(next.pending(9)).isPresent();
        assertThat(next.pending(30)).isPresent();
    }

    @Test
    void whatAResynchronisationBroughtAndBothHaveOnDiskIsNotBroughtAgain() {
        tracker.peerLost();
        tracker.data(7, 0, 1);
        tracker.data(9, 0, 1);
        long born = numbers.incrementAndGet();
        Resync resync = resync();
        for (long id : new long[] {7, born}) {
            resync.add(id);
            resync.isBrought(id);
        }
        tracker.spanIsDurable(tracker.endSpan().orElseThrow());
        tracker.peerLost();
        Resync next = resync();
        assertThat(next.pending(7)).isEmpty();
        assertThat(next.pending(born)).isEmpty();
        assertThat(next.pending(9)).isPresent();
        tracker.data(born, 0, 1);
        assertThat(left(born)).as("it changes like an old object now").isPresent();
        restart();
        assertThat(resync().pending(9)).isPresent();
    }

    @Test
    void whatThePeerRemembersIsBroughtTooAndItsOwnNewObjectsAreToBeForgottenThere() {
        tracker.peerLost();
        Change change = new Change();
        change.markData(0, 1);
        long from = tracker.prepareResync(new Saved(new Header(BASE, 900, 0), Map.of(7L, change)), BASE + 1);
        assertThat(from).isEqualTo(900);
        restart();
        Resync resync = resync();
        assertThat(resync.pending(7)).isPresent();
        assertThat(resync.isKnown(899)).isTrue();
        assertThat(resync.isKnown(900)).isFalse();
    }

    @Test
    void onlyAPeerWithTheSameBaseIsGivenOnlyWhatChanged() {
        tracker.peerLost();
        assertThat(tracker.whyNotIncremental(BASE)).isEmpty();
        assertThat(tracker.whyNotIncremental(BASE + 1)).isPresent();
        assertThat(tracker.whyNotIncremental(ChangeStore.NO_BASE)).isPresent();
        resync();
        tracker.peerLost();
        assertThat(tracker.whyNotIncremental(BASE + 1))
                .as("the resynchronisation may have ended there")
                .isEmpty();
    }

    @Test
    void withTooManyObjectsTheTrackingEndsAndSaysSo() {
        numbers.set(10L * ChangeTracker.MAX_OBJECTS);
        tracker = mirrored();
        for (long id = 1; id <= ChangeTracker.MAX_OBJECTS + 1; id++) {
            tracker.attributes(id);
        }
        assertThat(tracker.whyNotIncremental(BASE).orElseThrow()).contains("more than");
        restart();
        assertThat(tracker.whyNotIncremental(BASE)).isPresent();
        tracker = mirrored();
        assertThat(tracker.whyNotIncremental(BASE)).isEmpty();
    }

    @Test
    void aCopyThatDidNotEndIsFollowedByACopy() {
        tracker.beginCopy();
        tracker.peerLost();
        assertThat(tracker.whyNotIncremental(BASE)).isPresent();
        restart();
        assertThat(tracker.whyNotIncremental(BASE)).isPresent();
    }

    @Test
    void anOperationFromBeforeIsWaitedForAlsoWhenItsSpanWasUnited() {
        Generation entered = tracker.enter();
        tracker.data(7, 0, 1);
        tracker.endSpan();
        tracker.peerLost();
        Resync resync = resync();
        assertThat(resync.isQuiet()).isFalse();
        tracker.leave(entered);
        assertThat(resync.isQuiet()).isTrue();
    }

    private record Place(long id, long block) {}

    /** Everything that changed and is not durable on both is pending when the peer comes back, whatever happened between. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void nothingThatMayDifferIsForgotten(long seed) {
        Random dice = new Random(seed);
        for (int history = 0; history < 30; history++) {
            tracker = mirrored();
            Set<Place> owed = new HashSet<>();
            boolean mirrors = true;
            for (int moment = 0; moment < 60; moment++) {
                for (int i = dice.nextInt(20); i > 0; i--) {
                    long id = dice.nextInt(5) == 0 ? numbers.incrementAndGet() : 1 + dice.nextLong(numbers.get());
                    long block = dice.nextInt(2_000);
                    tracker.data(id, block * BLOCK, 1);
                    owed.add(new Place(id, block));
                }
                switch (dice.nextInt(6)) {
                    case 0, 1 -> {
                        Optional<Generation> ended = tracker.endSpan();
                        if (ended.isPresent() && mirrors) {
                            Set<Place> later = new HashSet<>();
                            for (Place place : owed.stream().limit(3).toList()) {
                                tracker.data(place.id(), place.block() * BLOCK, 1);
                                later.add(place);
                            }
                            tracker.spanIsDurable(ended.get());
                            owed = later;
                        }
                    }
                    case 2 -> tracker.saveNotes();
                    case 3 -> {
                        tracker.peerLost();
                        mirrors = false;
                    }
                    case 4 -> {
                        restart();
                        mirrors = false;
                    }
                    default -> {}
                }
            }
            tracker.peerLost();
            Resync resync = resync();
            for (Place place : owed) {
                assertThat(covers(resync.pending(place.id()), place.block()))
                        .as("history %s: %s", history, place)
                        .isTrue();
            }
        }
    }

    private static boolean covers(Optional<Change> change, long block) {
        long[] ranges = change.map(Change::ranges).orElse(new long[0]);
        for (int i = 0; i < ranges.length; i += 2) {
            if (ranges[i] <= block * BLOCK && block * BLOCK < ranges[i + 1]) {
                return true;
            }
        }
        return false;
    }
}
