package io.gemel.engine.fs;

import io.gemel.protocol.model.ResyncProgress;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what a copy has done; read from other threads while it runs. */
public final class CopyProgress {

    final AtomicLong bytesDone = new AtomicLong();
    final AtomicLong bytesTotal = new AtomicLong();
    final AtomicLong filesDone = new AtomicLong();
    final AtomicLong filesTotal = new AtomicLong();
    private volatile String phase = "directories";
    private volatile long phaseSinceNanos;

    /** What is being copied now. */
    public void phase(String name) {
        phase = name;
        phaseSinceNanos = System.nanoTime();
    }

    /** Objects that were sent. */
    public long objects() {
        return filesDone.get();
    }

    /** Bytes of content that were sent. */
    public long bytes() {
        return bytesDone.get();
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
