package io.gemel.engine.fs;

import io.gemel.protocol.model.ResyncProgress;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what a copy has done; read from other threads while it runs. */
public final class CopyProgress {

    final AtomicLong bytesDone = new AtomicLong();
    final AtomicLong bytesTotal = new AtomicLong();
    final AtomicLong filesDone = new AtomicLong();
    final AtomicLong filesTotal = new AtomicLong();

    /** Names and objects whose attributes were read. */
    final AtomicLong looks = new AtomicLong();

    private final long begunNanos = System.nanoTime();
    private volatile String phase = "directories";
    private volatile long phaseSinceNanos;

    /** What is being copied now. */
    public void phase(String name) {
        phase = name;
        phaseSinceNanos = System.nanoTime();
    }

    /** Objects that are done. */
    public long objects() {
        return filesDone.get();
    }

    /** Bytes of content that were sent or compared. */
    public long bytes() {
        return bytesDone.get();
    }

    /** All of it, for people: what it did, to how much. */
    public String summary(String done) {
        return String.format(
                Locale.ROOT,
                "%d objects %s in %.2f s: %d names and attributes looked at, %d bytes of content sent or compared",
                filesDone.get(),
                done,
                (System.nanoTime() - begunNanos) / 1e9,
                looks.get(),
                bytesDone.get());
    }

    /** What there is to say now. */
    public ResyncProgress now() {
        long done = bytesDone.get();
        long total = Math.max(bytesTotal.get(), done);
        long elapsed = System.nanoTime() - phaseSinceNanos;
        long secondsLeft = -1;
        if (!phase.equals("directories") && done > 0) {
            secondsLeft = (long) ((double) (total - done) / done * elapsed / 1e9);
        }
        return new ResyncProgress(phase, done, total, filesDone.get(), filesTotal.get(), secondsLeft);
    }
}
