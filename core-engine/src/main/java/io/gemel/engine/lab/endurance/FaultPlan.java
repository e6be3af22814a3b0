package io.gemel.engine.lab.endurance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Episodes without end, all of them decided by a seed: the same seed does the same, as far as the time allows. */
final class FaultPlan {

    private static final int LEAST_QUIET_MS = 300;
    private static final int MOST_QUIET_MS = 6_000;
    private static final int SECOND_FAULT_PERCENT = 25;
    private static final int IMPATIENT_PERCENT = 20;

    private final SplittableRandom random;
    private final List<FaultKind> lots;

    /** @param fills whether disks may be filled */
    FaultPlan(long seed, boolean fills) {
        random = new SplittableRandom(seed);
        lots = new ArrayList<>();
        Arrays.stream(FaultKind.values())
                .filter(kind -> fills || kind != FaultKind.FILL)
                .forEach(kind -> {
                    for (int i = 0; i < kind.weight(); i++) {
                        lots.add(kind);
                    }
                });
    }

    Episode next() {
        int quietMs = random.nextInt(LEAST_QUIET_MS, MOST_QUIET_MS);
        List<Fault> faults = new ArrayList<>(List.of(fault()));
        if (random.nextInt(100) < SECOND_FAULT_PERCENT) {
            faults.add(fault());
        }
        return new Episode(quietMs, faults, random.nextInt(100) >= IMPATIENT_PERCENT);
    }

    private Fault fault() {
        FaultKind kind = lots.get(random.nextInt(lots.size()));
        return new Fault(kind, random.nextBoolean(), random.nextInt(kind.leastMs(), kind.mostMs()));
    }
}
