package io.gemel.engine.node;

import io.gemel.engine.fs.CopyAborted;
import io.gemel.engine.fs.CopyPace;
import io.gemel.engine.fs.CopyProgress;
import io.gemel.engine.fs.CopyRun;
import io.gemel.engine.fs.Differences;
import io.gemel.engine.fs.Findings;
import io.gemel.engine.fs.ReplicatedFileSystem;
import io.gemel.engine.fs.TreeVerify;
import io.gemel.engine.replication.BlockHashes;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.protocol.model.Problem;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One comparison of a primary's directories with its peer's, in a thread of its own. */
final class Verification {

    private static final Logger LOG = LoggerFactory.getLogger(Verification.class);

    /** Most bytes that are read in a second on either node, where the module sets no other limit. */
    private static final long DEFAULT_BYTES_PER_SECOND = 100_000_000;

    private static final long PROGRESS_MS = 5_000;

    /** Who hears of it: who asked, and the brain. */
    record Told(DataPlane.VerifyListener asker, DataPlane.Listener brain) {}

    private final MirrorSettings settings;
    private final List<ReplicatedFileSystem> fileSystems;
    private final ReplicationStream stream;
    private final ScheduledExecutorService timer;
    private final Told told;
    private final CopyProgress progress = new CopyProgress();
    private final Findings findings = new Findings();
    private volatile Thread thread;
    private volatile boolean running = true;

    /** Whether the peer is to get what was found once it is given up. */
    private boolean repairOwed;

    Verification(
            MirrorSettings settings,
            List<ReplicatedFileSystem> fileSystems,
            ReplicationStream stream,
            ScheduledExecutorService timer,
            Told told) {
        this.settings = settings;
        this.fileSystems = List.copyOf(fileSystems);
        this.stream = stream;
        this.timer = timer;
        this.told = told;
    }

    void start(boolean repair) {
        thread =
                Thread.ofPlatform().daemon().name("verify-" + settings.module()).start(() -> run(repair));
    }

    boolean runs() {
        return running;
    }

    Findings findings() {
        return findings;
    }

    void join(long withinMs) throws InterruptedException {
        Thread mine = thread;
        if (mine != null) {
            mine.join(withinMs);
        }
    }

    private void run(boolean repair) {
        ScheduledFuture<?> saying =
                timer.scheduleWithFixedDelay(this::say, PROGRESS_MS, PROGRESS_MS, TimeUnit.MILLISECONDS);
        try {
            compare();
            end(repair);
        } catch (CopyAborted e) {
            told.asker()
                    .aborted(new Problem(
                            "the comparison was not finished: " + e.getMessage(),
                            "gemel state " + settings.module() + "; then begin again"));
        } catch (RuntimeException e) {
            LOG.error("module {}: the comparison failed", settings.module(), e);
            told.asker()
                    .aborted(new Problem("the comparison failed: " + e.getMessage(), "the engine's log tells more"));
        } finally {
            running = false;
            saying.cancel(false);
        }
    }

    private void compare() {
        long limit = settings.resyncBytesPerSecond() > 0 ? settings.resyncBytesPerSecond() : DEFAULT_BYTES_PER_SECOND;
        CopyPace pace = new CopyPace(limit, System::nanoTime, LockSupport::parkNanos);
        CopyRun run = new CopyRun(stream.epoch(), progress, pace, Optional.empty());
        for (ReplicatedFileSystem fileSystem : fileSystems) {
            try (TreeVerify tree = fileSystem.verify(run, findings)) {
                tree.run();
            }
        }
    }

    private void say() {
        int count = findings.objects().size();
        told.asker()
                .progress(progress.objects() + " objects, " + progress.bytes() / 1_000_000 + " MB compared; "
                        + (count == 0 ? "no difference so far" : count + " differ"));
    }

    private void end(boolean repair) {
        List<String> lines = findings.objects().values().stream()
                .map(Findings.Finding::toString)
                .toList();
        boolean repairs = repair && !lines.isEmpty();
        lines.forEach(line -> LOG.warn("module {}: the peer's copy differs: {}", settings.module(), line));
        LOG.info("module {}: {}", settings.module(), progress.summary("compared with the peer's"));
        synchronized (this) {
            repairOwed = repairs;
        }
        // Nobody may take what the peer says from here on for an answer to a check.
        running = false;
        if (repairs) {
            told.brain().peerFailed("its copy differed in " + lines.size() + " objects, which it gets now");
        }
        told.asker()
                .ended(new DataPlane.Verified(
                        progress.objects(), progress.bytes(), lines, findings.isCutShort(), repairs));
    }

    /** The peer is given up: what was found is noted as what it lacks. */
    synchronized void repair(ChangeTracker changes) {
        if (!repairOwed) {
            return;
        }
        repairOwed = false;
        if (findings.isCutShort()) {
            changes.distrust("more than " + Findings.MAX_OBJECTS + " objects differed");
            return;
        }
        findings.objects().forEach((id, finding) -> {
            changes.attributes(id);
            if ((finding.what() & StreamFormat.MISMATCH_ENTRIES) != 0) {
                changes.entries(id);
            }
            for (Differences.Blocks blocks : finding.blocks()) {
                for (long bits = blocks.bits(); bits != 0; bits &= bits - 1) {
                    long block = Long.numberOfTrailingZeros(bits);
                    changes.data(id, blocks.offset() + block * BlockHashes.BLOCK_BYTES, BlockHashes.BLOCK_BYTES);
                }
            }
        });
    }
}
