package io.gemel.engine.cluster;

import io.gemel.protocol.model.EventKind;
import java.util.List;

/**
 * What the brain wants done. The effects of one list are carried out in order; when one fails, those after it are not
 * carried out and the brain hears {@link Event.EffectFailed}.
 */
public sealed interface Effect {

    /** Whether it may take long: the brain hears {@link Event.EffectDone} and asks for nothing long before that. */
    default boolean isAnswered() {
        return true;
    }

    /** Makes the record durable, before it returns. */
    record Persist(ReplicaRecord replica) implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /**
     * Serves the directories through the replicated file system.
     *
     * @param peerExpected whether changes wait for {@link ResumeMirror} or {@link GoAlone}, one of which follows
     */
    record OpenPrimary(boolean peerExpected) implements Effect {}

    /**
     * Puts back the last whole state of the directories, if there is one that was kept when the copy began which left
     * them INCONSISTENT; {@link Event.SnapshotRestored} says what came of it. Nothing is open.
     */
    record RestoreSnapshot() implements Effect {}

    /**
     * Drains to an attached peer and makes them plain directories again.
     *
     * @param confirmed whether it fails, though they are closed, when the peer did not confirm that it has everything
     */
    record ClosePrimary(boolean confirmed) implements Effect {}

    /** Makes ready to apply what a primary sends. */
    record OpenSecond() implements Effect {}

    /**
     * Stops applying.
     *
     * @param takesOver whether it is to serve at once: then nobody waits until all that was received is on disk
     */
    record CloseSecond(boolean takesOver) implements Effect {
        CloseSecond() {
            this(false);
        }
    }

    /**
     * Adds and announces the virtual addresses.
     *
     * @param taken whether the peer may still have them, be it that its processes stand still and its kernel answers
     */
    record AcquireAddresses(boolean taken) implements Effect {
        AcquireAddresses() {
            this(false);
        }
    }

    /** Looks after the addresses that an engine left here which died; those that are not here any more come back. */
    record KeepAddresses() implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /** Removes the virtual addresses. */
    record ReleaseAddresses() implements Effect {}

    /** Starts the application. */
    record StartApplication() implements Effect {}

    /** Stops the application. */
    record StopApplication() implements Effect {}

    /**
     * Mirrors from now on without copying: the peer is known to be identical.
     *
     * @param generation of the data
     */
    record ResumeMirror(long generation) implements Effect {}

    /** Answers every call that waits for the peer, and each that comes, with an error: nobody is told that it was done. */
    record RefuseCalls() implements Effect {}

    /**
     * Asks the witness whether this node may serve without the peer; {@link Event.WitnessAnswered} says, within bounded
     * time. Without a witness the answer is yes.
     *
     * @param question its number
     * @param generation that both nodes had last, see {@link ReplicaRecord#lastShared}
     */
    record AskWitness(long question, long generation) implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /** Answers calls without the peer from now on, and ends a copy that runs. */
    record GoAlone() implements Effect {}

    /**
     * Brings the peer what it lacks, or everything; {@link Event.SyncBegan} says which, and it ends in {@link
     * Event.CopyDone}. Returns at once.
     *
     * @param generation of the data
     */
    record StartSync(long generation) implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /** What is here is not to be relied on: as second, this node wants everything. */
    record ForgetShared() implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /** Sends a message to the peer's brain. It may be lost with the link. */
    record Tell(PeerMessage message) implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /** Ends a command. */
    record Answer(String commandId, Outcome outcome) implements Effect {
        @Override
        public boolean isAnswered() {
            return false;
        }
    }

    /** What concerns the checkers of the application; carried out at once. */
    sealed interface OfCheckers extends Effect {
        @Override
        default boolean isAnswered() {
            return false;
        }
    }

    /**
     * The application runs: its checkers are to look from now on.
     *
     * @param run what they say in {@link Event.CheckerSaid}, so that nothing that they saw of an earlier run counts
     */
    record Watch(long run) implements OfCheckers {}

    /** The application is about to end: its checkers are not to look any more. */
    record Unwatch() implements OfCheckers {}

    /**
     * Keeps when actions followed from failures, for the next engine.
     *
     * @param atMs times of this run of the machine
     */
    record KeepFailures(List<Long> atMs) implements OfCheckers {
        public KeepFailures {
            atMs = List.copyOf(atMs);
        }
    }

    /** A sentence for people. */
    record LogEvent(EventKind kind, String text) implements Effect {
        LogEvent(String text) {
            this(EventKind.NOTE, text);
        }

        @Override
        public boolean isAnswered() {
            return false;
        }
    }
}
