package io.gemel.engine.node;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.os.Posix;
import io.gemel.protocol.model.Problem;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was written to the directories of a module goes to the disk. */
final class Flush {

    private static final Logger LOG = LoggerFactory.getLogger(Flush.class);

    /** How long after a takeover what was received before it is flushed. */
    private static final long LATER_MS = 1_000;

    private Flush() {}

    /** Whether all of it is there. */
    static boolean now(List<Backing> backings) {
        boolean flushed = true;
        for (Backing backing : backings) {
            flushed &= backing.flush();
        }
        return flushed;
    }

    /**
     * A little later, for a takeover itself waits for the same disk; through descriptors of its own, for those of the
     * directories are about to be closed.
     */
    static void later(MirrorSettings settings) {
        int[] descriptors = settings.directories().stream()
                .mapToInt(directory -> Posix.open(directory, Posix.O_RDONLY | Posix.O_DIRECTORY))
                .toArray();
        Thread.ofPlatform().daemon().name("flush-" + settings.module()).start(() -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LATER_MS));
            boolean flushed = true;
            for (int descriptor : descriptors) {
                flushed &= Posix.syncfs(descriptor) == 0;
                Posix.close(descriptor);
            }
            if (!flushed) {
                LOG.error("{}", failed(settings).what());
            }
        });
    }

    static Problem failed(MirrorSettings settings) {
        return new Problem(
                "what module " + settings.module() + " received may not all be on the disk of this node",
                "look for errors of the disk: dmesg");
    }
}
