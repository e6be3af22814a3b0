package io.gemel.engine.lab.endurance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * What is run.
 *
 * @param lab the name of the lab that is made
 * @param application journal, postgresql or mariadb
 * @param time how long faults come
 * @param seed decides which, and when; with an odd one the disks lose in a power cut what was not fsynced, with an even
 *     one they are filled now and then
 * @param without what is not done although the seed says so; the rest of its plan stays the same
 * @param careless whether the clients of a database take a record that is there for a confirmation when they try again
 * @param keep where the history is put, with the logs of a run that failed
 */
public record EnduranceOptions(
        String lab, String application, Duration time, long seed, Set<FaultKind> without, boolean careless, Path keep) {

    public EnduranceOptions {
        without = Set.copyOf(without);
    }

    /** Whether a power cut takes what was not fsynced. */
    boolean losesPower() {
        return seed % 2 != 0;
    }
}
