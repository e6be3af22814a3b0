package io.gemel.engine.lab.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a seed decides. */
class FaultPlanTest {

    private static final int MANY = 400;

    private static List<Episode> plan(long seed, boolean fills) {
        FaultPlan plan = new FaultPlan(seed, fills);
        return Stream.generate(plan::next).limit(MANY).toList();
    }

    private static List<FaultKind> kinds(List<Episode> plan) {
        return plan.stream()
                .flatMap(episode -> episode.faults().stream())
                .map(Fault::kind)
                .distinct()
                .toList();
    }

    @Test
    void theSameSeedIsTheSamePlanAndAnotherIsAnother() {
        assertThat(plan(7, true)).isEqualTo(plan(7, true));
        assertThat(plan(7, true)).isNotEqualTo(plan(8, true));
    }

    @Test
    void everyKindOfFaultComesToBothNodesAndFillsOnlyWhereTheyMay() {
        assertThat(kinds(plan(1, true))).containsExactlyInAnyOrder(FaultKind.values());
        assertThat(kinds(plan(1, false)))
                .containsExactlyInAnyOrder(Arrays.stream(FaultKind.values())
                        .filter(kind -> kind != FaultKind.FILL)
                        .toArray(FaultKind[]::new));
        for (boolean primary : List.of(true, false)) {
            assertThat(plan(1, true))
                    .anyMatch(episode -> episode.faults().stream().anyMatch(fault -> fault.toPrimary() == primary));
        }
    }
}
