package io.gemel.engine.lab.kills;

import java.nio.file.Path;
import java.util.List;

/**
 * One run of the kill matrix.
 *
 * @param lab name of the lab that it makes
 * @param rounds how many
 * @param first number of the first round
 * @param seed decides what every round does; with an odd one the module has {@code sync = "fsync"}
 * @param only words that the names of kill and moment must contain
 * @param keep where the evidence of failed rounds is put
 */
public record KillOptions(String lab, int rounds, int first, long seed, List<String> only, Path keep) {
    public KillOptions {
        only = List.copyOf(only);
        keep = keep.toAbsolutePath();
    }

    boolean syncOnFsync() {
        return (seed & 1) == 1;
    }
}
