package io.gemel.engine.node;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.fs.CopyProgress;
import io.gemel.engine.fs.Differences;
import io.gemel.engine.fs.DirectoryCheck;
import io.gemel.engine.fs.Exclusions;
import io.gemel.engine.fs.IdentityStore;
import io.gemel.engine.fs.MirrorTarget;
import io.gemel.engine.fs.Snapshot;
import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.Errno;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.engine.replication.PeerChanges;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.ResyncProgress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The data plane of one mirror module: at any time its directories are plain, served as primary, or a second's copy. */
public final class MirrorDataPlane implements DataPlane {

    private static final Logger LOG = LoggerFactory.getLogger(MirrorDataPlane.class);

    private final MirrorSettings settings;
    private final IntFunction<IdentityStore> identities;
    private final ChangeStore changes;

    /** What the peer said over this link of its own changes. */
    private final PeerChanges peerChanges = new PeerChanges();

    private final ModuleMounts mounts;
    private final SharedMark shared;
    private final Listener listener;
    private final List<Backing> backings = new ArrayList<>();
    private volatile NodeLink link;
    /** What was counted while the directories were not open, once it was. */
    private Optional<Optional<Counted>> remembered = Optional.empty();

    private volatile PrimarySide primary;
    private volatile MirrorTarget target;

    /** Until just now the directories were shown read-only: nobody else has a file of theirs open to write. */
    private boolean takesOver;

    /**
     * @param identities the identity store of each directory, by its index
     * @param changes what this node remembers of where its copy may differ from the peer's
     */
    public MirrorDataPlane(
            MirrorSettings settings,
            IntFunction<IdentityStore> identities,
            ChangeStore changes,
            ModuleMounts mounts,
            SharedMark shared,
            Listener listener) {
        this.settings = settings;
        this.identities = identities;
        this.changes = changes;
        this.mounts = mounts;
        this.shared = shared;
        this.listener = listener;
    }

    @Override
    public void clearLeft() {
        mounts.clear();
    }

    @Override
    public void serves(boolean steadily) {
        mounts.serves(steadily);
    }

    @Override
    public void check() {
        for (String directory : settings.directories()) {
            DirectoryCheck.detachStale(directory);
            DirectoryCheck.check(directory);
        }
    }

    private void openBackings() {
        requireClosed();
        forgetRemembered();
        if (!takesOver) {
            mounts.forgetPrepared();
            check();
        }
        takesOver = false;
        Exclusions exclusions = new Exclusions(settings.excludes());
        try {
            for (int i = 0; i < settings.directories().size(); i++) {
                backings.add(new Backing(settings.directories().get(i), i, identities.apply(i), exclusions));
            }
        } catch (Problem e) {
            closeBackings();
            throw e;
        }
    }

    private void requireClosed() {
        if (primary != null || target != null) {
            throw new IllegalStateException("module " + settings.module() + " is open already");
        }
    }

    private void closeBackings() {
        backings.forEach(Backing::close);
        backings.clear();
    }

    @Override
    public void openPrimary(boolean peerExpected) {
        openBackings();
        List<ModuleMounts.Held> held = new ArrayList<>();
        try {
            // What is served from now on is the state that counts.
            Snapshot.settle(backings, true, this::forgetPeer);
            held.addAll(mounts.hold());
            serve(held, peerExpected ? PrimarySide.Beginning.PEER_EXPECTED : PrimarySide.Beginning.ALONE);
        } catch (Problem | IllegalStateException e) {
            held.forEach(each -> each.release().run());
            closeBackings();
            throw e;
        }
    }

    private void serve(List<ModuleMounts.Held> held, PrimarySide.Beginning beginning) {
        PrimarySide.Journal journal = new PrimarySide.Journal(changes, identities.apply(0)::nextId, shared);
        primary = PrimarySide.open(settings, backings, held, listener, journal, beginning);
    }

    @Override
    public boolean resumePrimary(boolean peerLost) {
        Optional<List<ModuleMounts.Held>> left = mounts.left();
        if (left.isEmpty()) {
            return false;
        }
        requireClosed();
        forgetRemembered();
        Exclusions exclusions = new Exclusions(settings.excludes());
        try {
            for (int i = 0; i < settings.directories().size(); i++) {
                int directory = left.get().get(i).directory();
                backings.add(new Backing(settings.directories().get(i), directory, i, identities.apply(i), exclusions));
            }
            serve(left.get(), peerLost ? PrimarySide.Beginning.RESUMED_LOST : PrimarySide.Beginning.RESUMED_ALONE);
            return true;
        } catch (Problem e) {
            closeBackings();
            throw e;
        }
    }

    @Override
    public boolean closePrimary() {
        PrimarySide side = primary;
        if (side == null) {
            return false;
        }
        try {
            return side.close();
        } finally {
            primary = null;
            closeBackings();
        }
    }

    @Override
    public void openSecond() {
        openBackings();
        List<String> shown = new ArrayList<>();
        try {
            Snapshot.settle(backings, listener.dataIsWhole(), this::forgetPeer);
            mounts.prepare();
            for (String directory : settings.directories()) {
                ReadOnlyView.show(directory);
                shown.add(directory);
            }
        } catch (Problem e) {
            shown.forEach(ReadOnlyView::hide);
            closeBackings();
            throw e;
        }
        MirrorTarget receiving = new MirrorTarget(backings, changes, new TargetEvents());
        NodeLink now = link;
        if (now != null) {
            receiving.linkUp(now);
        }
        target = receiving;
    }

    @Override
    public void closeSecond(boolean takesOver) {
        MirrorTarget receiving = target;
        if (receiving == null) {
            return;
        }
        target = null;
        receiving.close();
        settings.directories().forEach(ReadOnlyView::hide);
        this.takesOver = takesOver;
        if (takesOver) {
            Flush.later(settings);
            closeBackings();
            return;
        }
        mounts.forgetPrepared();
        boolean flushed = Flush.now(backings);
        closeBackings();
        if (!flushed) {
            throw Flush.failed(settings);
        }
    }

    @Override
    public void linkUp(NodeLink newLink) {
        link = newLink;
        peerChanges.clear();
        MirrorTarget receiving = target;
        if (receiving != null) {
            receiving.linkUp(newLink);
        }
    }

    @Override
    public void linkDown() {
        link = null;
        peerChanges.clear();
        MirrorTarget receiving = target;
        if (receiving != null) {
            receiving.linkDown();
        }
        PrimarySide side = primary;
        if (side != null) {
            side.linkDown();
        }
    }

    @Override
    public void goAlone() {
        PrimarySide side = primary;
        if (side != null) {
            side.goAlone();
        }
    }

    @Override
    public void refuseCalls() {
        PrimarySide side = primary;
        if (side != null) {
            side.stream().refuse(Errno.EIO);
        }
    }

    @Override
    public String startSync(long generation) {
        return withPeer().startSync(link, generation, peerChanges);
    }

    @Override
    public void startMirror(long generation) {
        withPeer().startMirror(link, generation);
    }

    @Override
    public void forgetShared() {
        MirrorTarget receiving = target;
        if (receiving != null) {
            receiving.forgetShared();
        } else {
            forgetRemembered();
            changes.save(new ChangeStore.Update().forgetAll().header(ChangeStore.Header.NONE));
        }
    }

    @Override
    public Optional<Long> restoreSnapshot() {
        openBackings();
        try {
            return Snapshot.restore(backings, this::forgetPeer);
        } finally {
            closeBackings();
        }
    }

    @Override
    public Optional<Long> snapshotSinceMs() {
        return Snapshot.sinceMs(settings.directories());
    }

    private void forgetPeer() {
        forgetShared();
        shared.set(false);
    }

    @Override
    public void verify(boolean repair, VerifyListener heard) {
        withPeer().verify(repair, heard);
    }

    private PrimarySide withPeer() {
        PrimarySide side = primary;
        if (side == null || link == null) {
            throw new Problem(
                    "module " + settings.module() + " cannot be mirrored: "
                            + (side == null ? "it is not primary here" : "there is no link to the peer"),
                    "gemel state " + settings.module());
        }
        return side;
    }

    @Override
    public Optional<ResyncProgress> progress() {
        PrimarySide side = primary;
        CopyProgress counting = side == null ? null : side.progress();
        return counting == null ? Optional.empty() : Optional.of(counting.now());
    }

    @Override
    public Optional<Counted> unshared() {
        PrimarySide side = primary;
        return side != null ? side.unshared() : target != null ? Optional.empty() : remembered();
    }

    /** What the journal has, while the directories are not open; it does not change then. */
    private synchronized Optional<Counted> remembered() {
        if (remembered.isEmpty()) {
            remembered = Optional.of(countRemembered());
        }
        return remembered.get();
    }

    private Optional<Counted> countRemembered() {
        try {
            return UnsharedCounter.of(
                    changes.load(), identities, settings.directories().size());
        } catch (Problem e) {
            LOG.warn("module {}: what the peer lacks cannot be counted: {}", settings.module(), e.what());
            return Optional.empty();
        }
    }

    private synchronized void forgetRemembered() {
        remembered = Optional.empty();
    }

    @Override
    public void onFrame(byte kind, ByteBuffer body) {
        if (kind < StreamFormat.ACKNOWLEDGE) {
            MirrorTarget receiving = target;
            if (receiving != null) {
                receiving.onFrame(kind, body);
            }
            return;
        }
        if (kind == StreamFormat.CHANGES) {
            hearChanges(body);
            return;
        }
        PrimarySide side = primary;
        if (side == null) {
            return;
        }
        switch (kind) {
            case StreamFormat.DIFFERS -> {
                long id = body.getLong();
                side.differs(body.getInt(), new Differences.Blocks(id, body.getLong(), body.getLong()));
            }
            case StreamFormat.MISMATCH -> {
                long id = body.getLong();
                side.mismatch(body.getInt(), id, body.getInt());
            }
            default -> onAnswer(side, kind, body);
        }
    }

    private void hearChanges(ByteBuffer body) {
        try {
            peerChanges.add(body);
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            LOG.warn("module {}: the peer's changes make no sense", settings.module(), e);
            peerChanges.clear();
        }
    }

    private void onAnswer(PrimarySide side, byte kind, ByteBuffer body) {
        long sequence = body.getLong();
        int epoch = body.getInt();
        int errno = body.getInt();
        byte[] reason = new byte[Math.min(body.getInt(), body.remaining())];
        body.get(reason);
        switch (kind) {
            case StreamFormat.ACKNOWLEDGE -> side.stream().acknowledge(epoch, sequence);
            case StreamFormat.DONE -> {
                if (errno == 0) {
                    side.stream().flushed(epoch, sequence);
                } else if (side.stream().epoch() == epoch) {
                    listener.peerFailed("the peer cannot flush to its disk: " + Errno.describe(errno));
                }
            }
            case StreamFormat.COPY_STORED -> side.copyAnswered(epoch, CopyAnswers.Answer.STORED);
            case StreamFormat.COPY_INCOMPLETE -> side.copyAnswered(epoch, CopyAnswers.Answer.INCOMPLETE);
            case StreamFormat.NEEDED -> side.needed(epoch, sequence);
            case StreamFormat.FAILED -> {
                if (side.stream().epoch() == epoch) {
                    if (errno == 0) {
                        side.peerFailed(new String(reason, StandardCharsets.UTF_8));
                    }
                    listener.peerFailed(new String(reason, StandardCharsets.UTF_8));
                }
            }
            default -> LOG.warn("module {}: an answer of unknown kind {}", settings.module(), kind);
        }
    }

    @Override
    public void onDrained() {
        MirrorTarget receiving = target;
        if (receiving != null) {
            receiving.onDrained();
        }
    }

    private final class TargetEvents implements MirrorTarget.Events {
        @Override
        public void copyStarted() {
            listener.copyStarted();
        }

        @Override
        public void contentCleared() {
            shared.set(true);
        }

        @Override
        public void copyReceived() {
            shared.set(true);
            listener.copyReceived();
        }

        @Override
        public void applyFailed(String reason) {
            listener.applyFailed(reason);
        }

        @Override
        public boolean contentIsShared() {
            return shared.isSet();
        }

        @Override
        public boolean wasWhole() {
            return listener.dataIsWhole();
        }
    }
}
