package io.gemel.engine.node;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.fs.CopyAborted;
import io.gemel.engine.fs.CopyProgress;
import io.gemel.engine.fs.ReplicatedFileSystem;
import io.gemel.engine.fs.TreeSource;
import io.gemel.engine.fuse.FuseDescriptors;
import io.gemel.engine.fuse.FuseMount;
import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.Mounts;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.protocol.model.Problem;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The module's directories as the primary serves them: the mounted file systems and the stream to the peer. */
final class PrimarySide {

    private static final Logger LOG = LoggerFactory.getLogger(PrimarySide.class);

    /** How long files in use may hold up an unmount before it is forced. */
    private static final long UNMOUNT_MS = 5_000;

    private static final long UNMOUNT_RETRY_MS = 50;

    /** How long the peer may take to have everything on disk. */
    private static final long FLUSH_MS = 60_000;

    private static final long FLUSH_POLL_MS = 100;

    /** How long a copy that lost its link may take to notice. */
    private static final long COPY_END_MS = 10_000;

    private static final long TIMES_PERIOD_MS = 1_000;

    private final MirrorSettings settings;
    private final DataPlane.Listener listener;
    private final SharedMark shared;

    /** A link may outlive the primary role, and carry the streams of two. */
    private final ReplicationStream stream = new ReplicationStream((int) System.nanoTime());

    private final ChangeTracker changes = new ChangeTracker();

    private final List<ReplicatedFileSystem> fileSystems = new ArrayList<>();
    private final List<FuseMount> mounts = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("times").factory());
    private ScheduledFuture<?> times;
    private volatile CopyProgress progress;
    private volatile Thread copying;
    private volatile CountDownLatch copyStored = new CountDownLatch(1);

    private PrimarySide(MirrorSettings settings, DataPlane.Listener listener, SharedMark shared) {
        this.settings = settings;
        this.listener = listener;
        this.shared = shared;
    }

    /** Mounts over every directory, or over none and throws a {@link Problem}. */
    static PrimarySide open(
            MirrorSettings settings,
            List<Backing> backings,
            FuseDescriptors descriptors,
            DataPlane.Listener listener,
            SharedMark shared,
            boolean peerExpected) {
        PrimarySide side = new PrimarySide(settings, listener, shared);
        if (peerExpected) {
            side.stream.expectPeer();
            side.changes.keepNotes();
        }
        shared.set(false);
        try {
            for (Backing backing : backings) {
                side.mount(backing, descriptors);
            }
        } catch (IllegalStateException e) {
            side.mounts.forEach(FuseMount::detach);
            side.timer.shutdownNow();
            throw new Problem(
                    "module " + settings.module() + ": " + e.getMessage(),
                    "see that /dev/fuse is there (modprobe fuse) and that the engine runs as root",
                    e);
        }
        side.times =
                side.timer.scheduleWithFixedDelay(side::tick, TIMES_PERIOD_MS, TIMES_PERIOD_MS, TimeUnit.MILLISECONDS);
        return side;
    }

    private void mount(Backing backing, FuseDescriptors descriptors) {
        ReplicatedFileSystem fileSystem = new ReplicatedFileSystem(backing, stream, changes, settings.sync());
        fileSystems.add(fileSystem);
        mounts.add(FuseMount.mount(
                backing.path(),
                "gemel:" + settings.module(),
                flagsUnder(backing.path()),
                settings.workers(),
                descriptors,
                fileSystem));
    }

    /** The application must not be allowed more over the directory than under it. */
    private static long flagsUnder(String path) {
        long flags = 0;
        String best = "";
        for (Mounts.Mount mount : Mounts.list()) {
            boolean covers =
                    mount.point().equals("/") || path.equals(mount.point()) || path.startsWith(mount.point() + "/");
            if (covers && mount.point().length() >= best.length()) {
                best = mount.point();
                List<String> options = List.of(mount.options().split(","));
                flags = (options.contains("nosuid") ? Mounts.MS_NOSUID : 0)
                        | (options.contains("nodev") ? Mounts.MS_NODEV : 0)
                        | (options.contains("noexec") ? Mounts.MS_NOEXEC : 0);
            }
        }
        return flags;
    }

    /** Sends times of modification, and forgets changes that the peer has. */
    private void tick() {
        boolean quiet = changes.olderIsQuiet();
        sendTimes();
        changes.rotate(quiet, stream.position());
    }

    private void sendTimes() {
        try {
            fileSystems.forEach(ReplicatedFileSystem::sendTimes);
        } catch (RuntimeException e) {
            LOG.error("module {}: modification times could not be sent", settings.module(), e);
        }
    }

    void linkDown() {
        stream.lose();
    }

    void goAlone() {
        shared.set(false);
        stream.goAlone();
        changes.peerLost();
        copyStored.countDown();
        progress = null;
    }

    CopyProgress progress() {
        return progress;
    }

    /** What sends one directory's part of a copy. */
    private interface Source {
        TreeSource of(ReplicatedFileSystem fileSystem, int epoch, CopyProgress counting);
    }

    /** Begins a full copy over the link; the rest is done in a thread of its own. */
    void startCopy(NodeLink link) {
        changes.begin();
        // Begun here, in the order of the brain's decisions: a thread may come late, when the link is another.
        int epoch = stream.beginCopy(link::send, frame(StreamFormat.COPY_BEGIN));
        run(epoch, "copied", ReplicatedFileSystem::copy);
    }

    /**
     * Begins to send what the peer is missing since it was lost; the rest is done in a thread of its own.
     *
     * @throws Problem that is not known
     */
    void startResync(NodeLink link) {
        stream.goAlone();
        changes.peerLost();
        changes.whyIncomplete().ifPresent(why -> {
            throw new Problem(why, "nothing: everything is copied instead");
        });
        fileSystems.forEach(ReplicatedFileSystem::noteUnnamed);
        // In this order: whoever notes a change afterwards finds the stream that carries it.
        int epoch = stream.beginResync(link::send, frame(StreamFormat.RESYNC_BEGIN), changes);
        changes.beginResync();
        run(epoch, "resynchronised", ReplicatedFileSystem::resync);
    }

    private void run(int epoch, String done, Source source) {
        CopyProgress counting = new CopyProgress();
        CountDownLatch stored = new CountDownLatch(1);
        progress = counting;
        copyStored = stored;
        copying = Thread.ofPlatform()
                .daemon()
                .name("copy-" + settings.module())
                .start(() -> copy(epoch, source, counting, stored, done));
    }

    private void copy(int epoch, Source source, CopyProgress counting, CountDownLatch stored, String done) {
        List<TreeSource> trees = new ArrayList<>();
        try {
            fileSystems.forEach(f -> trees.add(source.of(f, epoch, counting)));
            counting.phase("directories");
            trees.forEach(TreeSource::directories);
            counting.phase("files");
            trees.forEach(TreeSource::files);
            stream.endCopy(epoch);
            trees.forEach(TreeSource::rest);
            counting.phase("flush");
            stream.submit(epoch, frame(StreamFormat.COPY_END), null, false);
            boolean isStored = stored.await(FLUSH_MS, TimeUnit.MILLISECONDS);
            if (stream.epoch() != epoch) {
                LOG.info("module {}: the copy ended with its link", settings.module());
            } else if (isStored) {
                stored(counting, done);
            } else {
                listener.peerFailed("the peer did not confirm that the copy is on its disk");
            }
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
                listener.peerFailed("the copy to the peer failed: " + e.getMessage());
            } else {
                LOG.info("module {}: the copy ended with its link: {}", settings.module(), e.getMessage());
            }
        } finally {
            trees.forEach(TreeSource::close);
        }
    }

    private void stored(CopyProgress counting, String done) {
        changes.peerHasEverything();
        shared.set(true);
        progress = null;
        LOG.info(
                "module {}: {} objects {}, {} bytes of content sent",
                settings.module(),
                counting.objects(),
                done,
                counting.bytes());
        listener.copyDone();
    }

    void copyStored(int epoch) {
        if (stream.epoch() == epoch) {
            copyStored.countDown();
        }
    }

    void startMirror(NodeLink link) {
        changes.keepNotes();
        stream.beginMirror(link::send, frame(StreamFormat.MIRROR_BEGIN));
        changes.peerHasEverything();
        shared.set(true);
    }

    /** An operation that is about no object: the count of directories stands where its fields are. */
    private ByteBuffer frame(byte kind) {
        int bytes = StreamFormat.FIELDS_AT + Integer.BYTES;
        ByteBuffer frame = ByteBuffer.allocateDirect(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0, bytes - NodeLink.HEADER_BYTES);
        frame.put(4, kind);
        frame.put(5, NodeLink.FRAME_VERSION);
        frame.putInt(StreamFormat.FIELDS_AT, settings.directories().size());
        return frame;
    }

    ReplicationStream stream() {
        return stream;
    }

    /** Unmounts and flushes; whether the peer confirmed that it has everything on disk. */
    boolean close() {
        if (stream.expectsPeer()) {
            stream.goAlone();
        }
        sendTimes();
        for (FuseMount mount : mounts) {
            unmount(mount);
        }
        times.cancel(false);
        timer.shutdownNow();
        sendTimes();
        boolean confirmed = flushPeer();
        stream.goAlone();
        endCopying();
        fileSystems.forEach(f -> f.backing().flush());
        return confirmed;
    }

    /** The copy reads the directories, which are closed next. */
    private void endCopying() {
        copyStored.countDown();
        Thread reading = copying;
        if (reading == null) {
            return;
        }
        try {
            reading.join(COPY_END_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean flushPeer() {
        CountDownLatch flushed = new CountDownLatch(1);
        int epoch = stream.epoch();
        if (!stream.connected()
                || !stream.submit(epoch, frame(StreamFormat.FLUSH_ALL), errno -> flushed.countDown(), true)) {
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

    private void unmount(FuseMount mount) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(UNMOUNT_MS);
        while (!mount.unmount()) {
            if (System.nanoTime() > deadline) {
                LOG.warn(
                        "{} is still in use {} ms after the application was stopped; it is taken away from its users",
                        mount.point(),
                        UNMOUNT_MS);
                if (!stream.connected()) {
                    // Nobody is left to wait for.
                    stream.goAlone();
                }
                mount.detach();
                return;
            }
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(UNMOUNT_RETRY_MS));
        }
    }
}
