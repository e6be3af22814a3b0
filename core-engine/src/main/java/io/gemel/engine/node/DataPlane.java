package io.gemel.engine.node;

import io.gemel.engine.net.NodeLink;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.ResyncProgress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The data plane of one mirror module on this node, as the brain's effects order it about.
 *
 * <p>Role calls come one at a time from the module's own thread and may block for a bounded time. {@link #onFrame} and
 * {@link #onDrained} come from the link's reader thread. What cannot be done is a {@link Problem}.
 */
public interface DataPlane {

    /** What the data plane tells the brain; called from any thread, must not block. */
    interface Listener {

        /** As source: the peer has everything, on disk, and from now on each write goes to it. */
        void copyDone();

        /** As source: the peer cannot apply (its disk is full, broken, ...), or the copy to it failed. */
        void peerFailed(String reason);

        /** As target: a copy or a resynchronisation began; the local data is INCONSISTENT from now on (persist before returning). */
        void copyStarted();

        /** As target: the copy is whole and on disk. */
        void copyReceived();

        /** As target: this node could not apply; its copy must no longer be trusted. */
        void applyFailed(String reason);

        /** Whether what is here is a whole state, old or not: not in the middle of a copy. */
        boolean dataIsWhole();
    }

    /** Throws a {@link Problem} when the module's directories cannot be protected here. Changes nothing. */
    void check();

    /**
     * Serves the directories through the replicated file system, without a peer.
     *
     * @param peerExpected changes wait until {@link #startMirror}, and are then sent, or until {@link #goAlone}
     */
    void openPrimary(boolean peerExpected);

    /**
     * Goes on where an engine died that served, if all is there for that: the application notices no more than a pause.
     *
     * @param peerLost whether the peer had, or was receiving, everything: as after {@link #linkDown}, calls that change
     *     something wait
     * @return whether it did; otherwise nothing was changed
     */
    boolean resumePrimary(boolean peerLost);

    /** Ends what an engine left that died and that is not resumed: who waits for it gets errors. */
    void clearLeft();

    /**
     * Whether the module serves and nothing is on its way: only then can the next engine resume it.
     *
     * @param steadily to be set after all that is to be so, and taken back before anything is not
     */
    void serves(boolean steadily);

    /**
     * Unmounts, sends what is left to an attached peer and waits until both have it on disk: plain directories again.
     *
     * @return whether the peer confirmed that it has everything; false also without a peer
     */
    boolean closePrimary();

    /** Shows the directories read-only and makes ready to apply what the peer sends. */
    void openSecond();

    /**
     * Stops applying, flushes, removes the read-only view: plain directories again.
     *
     * @param takesOver whether this node is to serve at once: the flush then goes on beside that, and its failure is logged
     */
    void closeSecond(boolean takesOver);

    /** As {@link #closeSecond(boolean)}, flushed. */
    default void closeSecond() {
        closeSecond(false);
    }

    /** A link stands; its frames will come by {@link #onFrame}. Nothing of the data is sent before {@link #startSync}. */
    void linkUp(NodeLink link);

    /** The link is gone. As primary, calls of the application that wait for the peer go on waiting. */
    void linkDown();

    /** The brain decided to go on without the peer: waiting calls are answered, nothing waits any more. */
    void goAlone();

    /** As primary: every call that waits for the peer, and each that comes, fails; nothing is acknowledged any more. */
    void refuseCalls();

    /**
     * As primary with a link to a peer that has called {@link #openSecond}: brings it what it lacks, if that is known, or
     * everything; ends in the listener.
     *
     * @param generation of the data
     * @return for people: what is done, and if it is everything, why
     */
    String startSync(long generation);

    /**
     * As primary with a link to a peer whose copy is known to be identical (after a swap): mirrors without a copy.
     *
     * @param generation of the data
     */
    void startMirror(long generation);

    /** What this node has is not to be relied on: the next time that it is second it gets everything. */
    void forgetShared();

    /**
     * While nothing is open: puts back the last whole state, if it was kept when the copy began that was not received to
     * its end. What is here has nothing to do with the peer's any more then.
     *
     * @return since when it was kept, milliseconds of the epoch, or 0 if that is not known any more; nothing if there was
     *     none to be put back, and everything is as it was
     */
    Optional<Long> restoreSnapshot();

    /** Since when the last whole state is kept that {@link #restoreSnapshot} would put back, milliseconds of the epoch. */
    Optional<Long> snapshotSinceMs();

    /** Who hears how a comparison goes; called from a thread of its own. */
    interface VerifyListener {

        /** So far, for people. */
        void progress(String text);

        /** Everything was compared. */
        void ended(Verified verified);

        /** It ended before its end. */
        void aborted(Problem problem);
    }

    /**
     * What a comparison found.
     *
     * @param objects that were compared
     * @param bytes of content that were compared
     * @param differing objects that differ, a line each
     * @param cutShort whether there are more of them
     * @param repairs whether the peer gets them now
     */
    record Verified(long objects, long bytes, List<String> differing, boolean cutShort, boolean repairs) {
        public Verified {
            differing = List.copyOf(differing);
        }
    }

    /**
     * As primary whose peer has everything: compares every object with the peer's while both are in use.
     *
     * @param repair whether the peer is to be given up and brought up to date again when something differs
     * @throws Problem there is no such peer, or a comparison runs already
     */
    void verify(boolean repair, VerifyListener listener);

    /** Progress of the copy that this node is the source of. */
    Optional<ResyncProgress> progress();

    /**
     * How much was changed here that the peer lacks.
     *
     * @param objects files and directories
     * @param bytes of their content
     * @param atLeast whether it is more than {@code bytes}
     */
    record Counted(long objects, long bytes, boolean atLeast) {}

    /** What was changed here that the peer lacks, as counted some seconds ago; nothing when that is not known. */
    Optional<Counted> unshared();

    /** A frame of the replication stream, see {@link NodeLink}. */
    void onFrame(byte kind, ByteBuffer body);

    /** See {@link io.gemel.engine.net.LinkHandler#onDrained}. */
    void onDrained();
}
