package io.gemel.protocol.model;

import java.util.Objects;

/**
 * How far a resynchronisation is, as its source sees it.
 *
 * @param phase what is being copied, for people: {@code "directories"}, {@code "files"}, {@code "flush"}
 * @param bytesDone bytes of file content sent so far
 * @param bytesTotal bytes of file content to send, as far as known; grows while directories are read
 * @param filesDone files and directories finished
 * @param filesTotal files and directories known so far
 * @param secondsLeft estimate from the speed so far, or -1 while it cannot be known
 */
public record ResyncProgress(
        String phase, long bytesDone, long bytesTotal, long filesDone, long filesTotal, long secondsLeft) {
    public ResyncProgress {
        Objects.requireNonNull(phase, "phase");
    }
}
