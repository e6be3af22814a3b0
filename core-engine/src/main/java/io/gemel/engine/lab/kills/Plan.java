package io.gemel.engine.lab.kills;

import io.gemel.protocol.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What one round does, all of it decided by the seed and the number of the round.
 *
 * @param round its number, from 1
 * @param kill what is killed
 * @param moment what is under way then
 * @param loadMs how long the load runs before
 * @param awayMs how long the second is away before a resynchronisation
 * @param killMs how long after the beginning of the moment
 * @param backMs how long what was killed stays away
 * @param staysDown whether the primary's node stays away until the other one took over
 * @param losesAll whether a power cut takes all that was not flushed, or some by lot
 * @param lot for the load and for the power cut
 */
record Plan(
        int round,
        Kill kill,
        Moment moment,
        long loadMs,
        long awayMs,
        long killMs,
        long backMs,
        boolean staysDown,
        boolean losesAll,
        long lot) {

    private static final long ROUND_FACTOR = 1_000_003;

    static Plan of(long seed, int round, List<String> only) {
        SplittableRandom dice = new SplittableRandom(seed * ROUND_FACTOR + round);
        List<Kill> kills = new ArrayList<>(List.of(Kill.values()));
        List<Moment> moments = new ArrayList<>(List.of(Moment.MIRROR, Moment.MIRROR));
        moments.addAll(List.of(Moment.values()));
        for (String word : only) {
            if (moments.stream().anyMatch(m -> m.word().contains(word))) {
                moments.removeIf(m -> !m.word().contains(word));
            } else {
                kills.removeIf(k -> !k.word().contains(word));
            }
        }
        if (kills.isEmpty()) {
            throw new Problem("--only " + String.join(",", only) + " leaves nothing", "see gemel lab kills --help");
        }
        Kill kill = kills.get(dice.nextInt(kills.size()));
        Moment moment = moments.get(dice.nextInt(moments.size()));
        boolean mayStayDown = kill.primary && !kill.second && moment == Moment.MIRROR && kill.how != Kill.How.CRASH;
        return new Plan(
                round,
                kill,
                moment,
                dice.nextLong(300, 2_500),
                dice.nextLong(300, 2_000),
                dice.nextLong(dice.nextBoolean() ? 150 : 1_500),
                dice.nextLong(4_000),
                mayStayDown && dice.nextInt(5) < 2,
                dice.nextBoolean(),
                dice.nextLong());
    }

    String sentence() {
        String what =
                kill.how == Kill.How.POWER ? kill.word() + (losesAll ? " (loses all)" : " (loses some)") : kill.word();
        return what + " in " + moment.word() + ": load " + loadMs + " ms"
                + (moment.isResync() ? ", second away " + awayMs + " ms" : "")
                + ", killed " + killMs + " ms in, "
                + (staysDown ? "stays down until a person decides" : "back after " + backMs + " ms");
    }
}
