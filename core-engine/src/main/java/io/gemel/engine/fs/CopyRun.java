package io.gemel.engine.fs;

import java.util.Optional;

/**
 * One copy or resynchronisation.
 *
 * @param epoch that the stream gave it
 * @param progress where it counts what it does
 * @param pace that it keeps
 * @param differences where the target has something else, if what it has is compared
 */
public record CopyRun(int epoch, CopyProgress progress, CopyPace pace, Optional<Differences> differences) {}
