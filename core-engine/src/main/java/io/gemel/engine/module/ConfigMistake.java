package io.gemel.engine.module;

import java.nio.file.Path;

/**
 * One mistake in a configuration file, as the person who wrote it should read it.
 *
 * @param file the file, absolute
 * @param line counted from 1
 * @param column counted from 1
 * @param what what was found, and where it stands
 * @param hint what was expected or the nearest right word; empty when {@code what} says it all
 */
public record ConfigMistake(Path file, int line, int column, String what, String hint) {

    /** As one line, the file named relative to {@code base} where it lies under it. */
    public String sentence(Path base) {
        Path shown = file.startsWith(base) && !file.equals(base) ? base.relativize(file) : file;
        return shown + ":" + line + ":" + column + ": " + what + (hint.isEmpty() ? "" : "; " + hint);
    }
}
