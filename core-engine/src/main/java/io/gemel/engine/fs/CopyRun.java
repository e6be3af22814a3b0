package io.gemel.engine.fs;

/**
 * One copy or resynchronisation.
 *
 * @param epoch that the stream gave it
 * @param progress where it counts what it does
 * @param pace that it keeps
 */
public record CopyRun(int epoch, CopyProgress progress, CopyPace pace) {}
