package io.gemel.engine.node;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.fs.CopyAborted;
import io.gemel.engine.fs.CopyPace;
import io.gemel.engine.fs.CopyProgress;
import io.gemel.engine.fs.CopyRun;
import io.gemel.engine.fs.Differences;
import io.gemel.engine.fs.ReplicatedFileSystem;
import io.gemel.engine.fs.TreeSource;
import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.Errno;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.engine.replication.ChangeStore.Saved;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.Generation;
import io.gemel.engine.replication.PeerChanges;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.Resync;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.protocol.model.Problem;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The module's directories as the primary serves them: the mounted file systems and the stream to the peer. */
final class PrimarySide {

    private static final Logger LOG = LoggerFactory.getLogger(PrimarySide.class);

    /** How long the peer may take to have everything on disk. */
    private static final long FLUSH_MS = 60_000;

    private static final long FLUSH_POLL_MS = 100;

    /** How often the peer may turn out to lack something. */
    private static final int MAX_ROUNDS = 100;

    /** How long a copy that lost its link may take to notice. */
    private static final long COPY_END_MS = 10_000;

    private static final long TIMES_PERIOD_MS = 1_000;
    private static final long COUNT_PERIOD_MS = 5_000;

    private final MirrorSettings settings;
    private final DataPlane.Listener listener;
    private final SharedMark shared;
    private final List<Backing> backings;

    /** What the primary must still know after a restart. */
    record Journal(ChangeStore changes, LongSupplier marks, SharedMark shared) {}

    /** A link may outlive the primary role, and carry the streams of two. */
    private final ReplicationStream stream = new ReplicationStream((int) System.nanoTime());

    private final ChangeTracker changes;
    private final UnsharedCounter unshared;
    private final Watermark watermark;

    private final ServedDirectories served;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("times").factory());
    private List<ScheduledFuture<?>> periodic = List.of();
    private volatile CopyProgress progress;
    private volatile Thread copying;
    private volatile CopyAnswers answers = new CopyAnswers();
    private volatile Resync pending;
    private volatile Optional<Differences> differences = Optional.empty();
    private volatile Verification verification;

    private PrimarySide(MirrorSettings settings, DataPlane.Listener listener, Journal journal, List<Backing> backings) {
        this.settings = settings;
        this.listener = listener;
        this.shared = journal.shared();
        this.backings = List.copyOf(backings);
        changes = new ChangeTracker(journal.changes(), journal.marks(), this::hurry);
        served = new ServedDirectories(settings, stream, changes);
        unshared = new UnsharedCounter(changes::unshared, backings);
        watermark = new Watermark(
                settings.module(),
                new Watermark.Parts(
                        changes,
                        stream,
                        served::sendTimes,
                        () -> Flush.now(this.backings),
                        () -> frame(StreamFormat.FLUSH_ALL, 0)));
    }

    private void hurry() {
        watermark.hurry();
    }

    /** How it begins. */
    enum Beginning {
        /** Without a peer. */
        ALONE,
        /** Changes wait until the peer mirrors. */
        PEER_EXPECTED,
        /** It goes on where an engine died that served alone. */
        RESUMED_ALONE,
        /** It goes on where an engine died whose peer had, or was receiving, everything. */
        RESUMED_LOST;

        boolean isResumed() {
            return this == RESUMED_ALONE || this == RESUMED_LOST;
        }
    }

    /**
     * Mounts over every directory, or over none and throws a {@link Problem}.
     *
     * @param held what the mounts stand on, a directory each
     */
    static PrimarySide open(
            MirrorSettings settings,
            List<Backing> backings,
            List<ModuleMounts.Held> held,
            DataPlane.Listener listener,
            Journal journal,
            Beginning beginning) {
        PrimarySide side = new PrimarySide(settings, listener, journal, backings);
        try {
            side.changes.open();
            side.begin(beginning);
            journal.shared().set(false);
            side.served.open(backings, held, beginning.isResumed());
        } catch (Problem e) {
            side.closeBadly();
            throw e;
        } catch (IllegalStateException e) {
            side.closeBadly();
            throw new Problem(
                    "module " + settings.module() + ": " + e.getMessage(),
                    "see that /dev/fuse is there (modprobe fuse) and that the engine runs as root",
                    e);
        }
        side.periodic = List.of(
                side.timer.scheduleWithFixedDelay(
                        side.served::sendTimes, TIMES_PERIOD_MS, TIMES_PERIOD_MS, TimeUnit.MILLISECONDS),
                side.timer.scheduleWithFixedDelay(side.unshared::count, 0, COUNT_PERIOD_MS, TimeUnit.MILLISECONDS));
        return side;
    }

    private void begin(Beginning beginning) {
        switch (beginning) {
            case PEER_EXPECTED -> {
                stream.expectPeer();
                changes.expectMirror();
            }
            case RESUMED_LOST -> stream.resumeLost();
            case ALONE, RESUMED_ALONE -> {}
        }
    }

    private void closeBadly() {
        served.detach();
        timer.shutdownNow();
        watermark.close();
    }

    void linkDown() {
        stream.lose();
    }

    synchronized void goAlone() {
        shared.set(false);
        stream.goAlone();
        changes.peerLost();
        Verification last = verification;
        if (last != null) {
            last.repair(changes);
        }
        answers.end();
        progress = null;
    }

    /** See {@link DataPlane#verify}. */
    synchronized void verify(boolean repair, DataPlane.VerifyListener heard) {
        if (verification != null && verification.runs()) {
            throw new Problem(
                    "module " + settings.module() + " is being verified already", "wait for the end of that, or swap");
        }
        if (!stream.mirrorsEverything()) {
            throw new Problem(
                    "module " + settings.module() + " has no peer that has everything",
                    "gemel state " + settings.module());
        }
        verification =
                new Verification(settings, served.fileSystems(), stream, timer, new Verification.Told(heard, listener));
        verification.start(repair);
    }

    CopyProgress progress() {
        return progress;
    }

    /** See {@link DataPlane#unshared}. */
    Optional<DataPlane.Counted> unshared() {
        return unshared.last();
    }

    /** What sends one directory's part of a copy. */
    private interface Source {
        TreeSource of(ReplicatedFileSystem fileSystem, CopyRun run);
    }

    /**
     * Begins to bring the peer what it lacks, or everything; the rest is done in a thread of its own.
     *
     * @param said what the peer remembers, if it said so
     * @return for people: which, and why
     */
    synchronized String startSync(NodeLink link, long generation, PeerChanges said) {
        Optional<Saved> peer = said.whole();
        stream.goAlone();
        changes.peerLost();
        Optional<String> whyNot = peer.isEmpty()
                ? Optional.of("the peer did not say what it remembers")
                : changes.whyNotIncremental(peer.get().header().base());
        if (whyNot.isPresent()) {
            changes.beginCopy();
            // Begun here, in the order of the brain's decisions: a thread may come late, when the link is another.
            boolean compares = said.hasContent();
            int epoch =
                    stream.beginCopy(link::send, frame(StreamFormat.COPY_BEGIN, compares ? StreamFormat.COMPARE : 0));
            differences = compares ? Optional.of(new Differences()) : Optional.empty();
            run(new Sync(epoch, generation, compares ? "compared" : "copied", ReplicatedFileSystem::copy));
            return (compares ? "comparing everything: " : "copying everything: ") + whyNot.get();
        }
        long ownFrom = changes.prepareResync(peer.get(), generation);
        ByteBuffer first = frame(StreamFormat.RESYNC_BEGIN, ownFrom);
        Resync begun = changes.beginResync(r -> stream.beginResync(link::send, first, r));
        pending = begun;
        differences = Optional.of(new Differences());
        run(new Sync(stream.epoch(), generation, "resynchronised", (f, r) -> f.resync(begun, r)));
        return "sending what changed since both had the same";
    }

    /** A copy or a resynchronisation. */
    private record Sync(int epoch, long generation, String done, Source source) {}

    private void run(Sync sync) {
        CopyProgress counting = new CopyProgress();
        CopyAnswers hearing = new CopyAnswers();
        progress = counting;
        answers = hearing;
        copying = Thread.ofPlatform()
                .daemon()
                .name("copy-" + settings.module())
                .start(() -> copy(sync, counting, hearing));
    }

    private void copy(Sync sync, CopyProgress counting, CopyAnswers hearing) {
        List<TreeSource> trees = new ArrayList<>();
        int epoch = sync.epoch();
        try {
            CopyPace pace = new CopyPace(settings.resyncBytesPerSecond(), System::nanoTime, LockSupport::parkNanos);
            CopyRun run = new CopyRun(epoch, counting, pace, differences);
            served.fileSystems().forEach(f -> trees.add(sync.source().of(f, run)));
            counting.phase("directories");
            trees.forEach(TreeSource::directories);
            counting.phase("files");
            do {
                trees.forEach(TreeSource::files);
            } while (!stream.endCopy(epoch));
            bringToAnEnd(sync, trees, counting, hearing);
        } catch (CopyAborted e) {
            LOG.info("module {}: {}", settings.module(), e.getMessage());
            if (stream.epoch() == epoch && stream.connected()) {
                listener.peerFailed(e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (stream.epoch() == epoch) {
                LOG.error("module {}: the copy to the peer failed", settings.module(), e);
                changes.distrust("what changed could not be brought: " + e.getMessage());
                listener.peerFailed("the copy to the peer failed: " + e.getMessage());
            } else {
                LOG.info("module {}: the copy ended with its link: {}", settings.module(), e.getMessage());
            }
        } finally {
            trees.forEach(TreeSource::close);
        }
    }

    /** Until the peer lacks nothing any more. */
    private void bringToAnEnd(Sync sync, List<TreeSource> trees, CopyProgress counting, CopyAnswers hearing)
            throws InterruptedException {
        int epoch = sync.epoch();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            trees.forEach(TreeSource::rest);
            counting.phase("flush");
            Generation last = endCopy(epoch);
            stream.submit(epoch, frame(StreamFormat.COPY_END, sync.generation()), null, false);
            Optional<CopyAnswers.Answer> answer = hearing.next(FLUSH_MS);
            if (stream.epoch() != epoch) {
                throw new CopyAborted("the copy ended with its link");
            } else if (answer.isEmpty()) {
                throw new CopyAborted("the peer did not confirm that the copy is on its disk");
            } else if (answer.get() == CopyAnswers.Answer.STORED) {
                if (!Flush.now(backings)) {
                    throw new CopyAborted("the disk of this node cannot be flushed; look for its errors: dmesg");
                }
                stored(sync, last, counting);
                return;
            }
            counting.phase("files");
        }
        throw new IllegalStateException("the peer went on lacking what was sent to it");
    }

    private Generation endCopy(int epoch) {
        Generation last = changes.endCopy();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MS);
        while (!changes.isQuiet(last)) {
            if (stream.epoch() != epoch || System.nanoTime() > deadline) {
                throw new CopyAborted("operations that began before the end of the copy did not end");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return last;
    }

    private synchronized void stored(Sync sync, Generation last, CopyProgress counting) {
        if (stream.epoch() != sync.epoch()) {
            return;
        }
        changes.peerHasEverything(Optional.of(last), sync.generation());
        shared.set(true);
        progress = null;
        LOG.info("module {}: {}", settings.module(), counting.summary(sync.done()));
        listener.copyDone();
    }

    /** The peer cannot apply an operation although its disk works: what is noted is not all that differs. */
    void peerFailed(String why) {
        changes.distrust("the peer could not apply an operation: " + why);
    }

    /** The peer answered the end of the copy of an epoch. */
    void copyAnswered(int epoch, CopyAnswers.Answer answer) {
        if (stream.epoch() == epoch) {
            answers.add(answer);
        }
    }

    /** The peer has other blocks. */
    void differs(int epoch, Differences.Blocks blocks) {
        Verification checks = verification;
        if (stream.epoch() == epoch && checks != null && checks.runs()) {
            checks.findings().differs(blocks);
        } else if (stream.epoch() == epoch) {
            differences.ifPresent(said -> said.add(blocks));
        }
    }

    /** The peer has something else than a check said. */
    void mismatch(int epoch, long id, int what) {
        Verification checks = verification;
        if (stream.epoch() == epoch && checks != null) {
            checks.findings().mismatch(id, what);
        }
    }

    /** The peer lacks an object. */
    void needed(int epoch, long id) {
        Resync asked = pending;
        if (stream.epoch() == epoch && asked != null) {
            asked.need(id);
        }
    }

    synchronized void startMirror(NodeLink link, long generation) {
        stream.beginMirror(link::send, frame(StreamFormat.MIRROR_BEGIN, generation));
        changes.mirror(generation);
        shared.set(true);
    }

    /** An operation that is about no object: the count of directories and a number stand where its fields are. */
    private ByteBuffer frame(byte kind, long number) {
        int bytes = StreamFormat.FIELDS_AT + Integer.BYTES + Long.BYTES;
        ByteBuffer frame = ByteBuffer.allocateDirect(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0, bytes - NodeLink.HEADER_BYTES);
        frame.put(4, kind);
        frame.put(5, NodeLink.FRAME_VERSION);
        frame.putInt(StreamFormat.FIELDS_AT, settings.directories().size());
        frame.putLong(StreamFormat.FIELDS_AT + Integer.BYTES, number);
        return frame;
    }

    ReplicationStream stream() {
        return stream;
    }

    /** Unmounts and flushes; whether the peer confirmed that it has everything on disk. */
    boolean close() {
        if (stream.expectsPeer()) {
            stream.refuse(Errno.EIO);
        }
        served.sendTimes();
        served.unmount();
        periodic.forEach(task -> task.cancel(false));
        timer.shutdownNow();
        served.sendTimes();
        watermark.close();
        boolean confirmed = flushPeer();
        stream.goAlone();
        endCopying();
        boolean flushed = Flush.now(backings);
        changes.close(confirmed && flushed);
        if (!flushed) {
            throw new Problem(
                    "what module " + settings.module() + " wrote may not all be on the disk of this node",
                    "look for errors of the disk: dmesg");
        }
        return confirmed;
    }

    /** The copy reads the directories, which are closed next. */
    private void endCopying() {
        answers.end();
        Thread reading = copying;
        Verification checks = verification;
        try {
            if (reading != null) {
                reading.join(COPY_END_MS);
            }
            if (checks != null) {
                checks.join(COPY_END_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean flushPeer() {
        CountDownLatch flushed = new CountDownLatch(1);
        int epoch = stream.epoch();
        if (!stream.connected()
                || !stream.submit(epoch, frame(StreamFormat.FLUSH_ALL, 0), errno -> flushed.countDown(), true)) {
            return false;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MS);
        try {
            // A peer that is lost now will not answer, and nobody decides for us while we close.
            while (!flushed.await(FLUSH_POLL_MS, TimeUnit.MILLISECONDS)) {
                if (!stream.connected() || System.nanoTime() > deadline) {
                    return false;
                }
            }
            return stream.mirrorsEverything();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
