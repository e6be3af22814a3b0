package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** The promises hold in random histories, and the simulation would find it if they did not. */
@Timeout(300)
class SimulationTest {

    /** Always the same, so that a change that breaks one of them is seen at once. */
    private static final int KNOWN_SEEDS = 200;

    /** Others each time. */
    private static final int FRESH_SEEDS = 300;

    /** Far more than any of the deliberate errors needs. */
    private static final int SEEDS_FOR_BUG = 1_000;

    @Test
    void noPromiseIsBrokenInTheKnownHistories() {
        promisesHold(1, KNOWN_SEEDS);
    }

    @Test
    void noPromiseIsBrokenInFreshHistories() {
        promisesHold(ThreadLocalRandom.current().nextLong(1L << 40), FRESH_SEEDS);
    }

    /**
     * A swap whose node went on alone while it closed waited for ever; a late answer of a replaced node is no loss; one that
     * was replaced while it stood still is no second history.
     */
    @ParameterizedTest
    @ValueSource(longs = {63173, 42431, 47474, 1237, 1625, 2676L, 637616933176L})
    void noPromiseIsBrokenInHistoriesThatFoundAnError(long seed) {
        assertThat(Simulation.run(seed, Bug.NONE).broken()).isEmpty();
    }

    private static void promisesHold(long first, int seeds) {
        List<Simulation.Outcome> outcomes = LongStream.range(first, first + seeds)
                .parallel()
                .mapToObj(seed -> Simulation.run(seed, Bug.NONE))
                .toList();
        outcomes.forEach(outcome -> assertThat(outcome.broken())
                .as("gemel simulate --seed %d --trace", outcome.seed())
                .isEmpty());
        assertThat(outcomes).as("calls are acknowledged at all").allMatch(outcome -> outcome.acknowledged() > 10);
        Simulation.Total total = Simulation.Total.NOTHING;
        for (Simulation.Outcome outcome : outcomes) {
            total = total.plus(outcome);
        }
        assertThat(total.resyncs()).as("the shorter way is taken at all").isGreaterThan(seeds);
        assertThat(total.takeOvers()).as("a second takes over by itself at all").isGreaterThan(seeds / 10);
        assertThat(total.diverged()).as("everything is checked often enough").isLessThan(seeds * 2L / 3);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void eachDeliberateErrorIsFound(Bug bug) {
        Optional<Simulation.Outcome> found = LongStream.range(1, SEEDS_FOR_BUG)
                .mapToObj(seed -> Simulation.run(seed, bug))
                .filter(outcome -> outcome.broken().isPresent())
                .findFirst();
        assertThat(found).as(bug.word()).isPresent();
        Simulation.Outcome again = Simulation.run(found.get().seed(), bug);
        assertThat(again).as("the same seed does the same").isEqualTo(found.get());
        List<String> trace = Simulation.trace(found.get().seed(), bug);
        assertThat(trace.getLast()).isEqualTo(found.get().broken().get());
        assertThat(trace).anyMatch(line -> line.contains("PRIM READY"));
        assertThat(Simulation.run(found.get().seed(), Bug.NONE).broken())
                .as("without the error")
                .isEmpty();
    }
}
