package io.gemel.engine.replication;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * The ordered stream of operations from the primary to its peer, and who waits for which acknowledgement.
 *
 * <p>Whoever submits an operation holds the locks of the objects that it changes, from the local change until {@link
 * #submit} returns: so operations on one object are in the stream in the order in which they were done.
 *
 * <table>
 *   <caption>Peer</caption>
 *   <tr><td>NONE</td><td>nobody mirrors: callers answer at once</td></tr>
 *   <tr><td>EXPECTED</td><td>the peer is identical and about to be told to mirror: callers wait, then are sent</td></tr>
 *   <tr><td>COPYING</td><td>operations on objects that the target has are sent, the copy brings the rest</td></tr>
 *   <tr><td>MIRRORED</td><td>every operation is sent</td></tr>
 *   <tr><td>LOST</td><td>the link is gone and the brain has not decided: nothing is sent, callers wait</td></tr>
 *   <tr><td>REFUSED</td><td>this node may not serve: whoever waits or comes gets an error</td></tr>
 * </table>
 */
public final class ReplicationStream {

    /** Most operations that wait for an acknowledgement. */
    public static final int WINDOW_OPERATIONS = 2048;

    /** Most bytes of operations that are not acknowledged. */
    public static final long WINDOW_BYTES = 32L << 20;

    /** Where the stream's frames go. */
    @FunctionalInterface
    public interface Wire {
        void send(ByteBuffer frames) throws IOException;
    }

    private enum Peer {
        NONE,
        EXPECTED,
        COPYING,
        MIRRORED,
        LOST,
        REFUSED
    }

    /** Held while sending: gives the stream its order. Taken before {@link #window}. */
    private final ReentrantLock order = new ReentrantLock();

    /** Guards what waits; held for moments only, so that acknowledgements never wait for a full socket. */
    private final ReentrantLock window = new ReentrantLock();

    private final Condition moved = window.newCondition();
    private final IntConsumer[] waiting = new IntConsumer[WINDOW_OPERATIONS];
    private final int[] sizes = new int[WINDOW_OPERATIONS];
    private final Map<Long, IntConsumer> flushes = new HashMap<>();

    private volatile Peer peer = Peer.NONE;
    private final AtomicInteger epoch;
    private volatile SyncedObjects synced = new SyncedSet();
    private volatile int refusal;
    /** Whether the peer had every object when it was lost. */
    private volatile boolean everything;

    private Wire wire;
    private long sent;
    private long acknowledged;
    private long bytesInFlight;

    /**
     * @param firstEpoch where the epochs begin: another number for each stream that a link may carry, since answers name
     *     the epoch that they belong to
     */
    public ReplicationStream(int firstEpoch) {
        epoch = new AtomicInteger(firstEpoch);
    }

    /** Changes whenever the peer changes; {@link #submit} refuses an operation prepared in another epoch. */
    public int epoch() {
        return epoch.get();
    }

    /** Whether operations on this object go to the peer. */
    public boolean mirrors(long id) {
        return switch (peer) {
            case NONE -> false;
            case COPYING -> synced.contains(id);
            case MIRRORED, EXPECTED, REFUSED -> true;
            case LOST -> everything || synced.contains(id);
        };
    }

    /** Whether the target of the copy has the object. */
    public boolean isSynced(long id) {
        return synced.contains(id);
    }

    /** Whether the target of the copy knows the object, be it as it was. */
    public boolean isKnown(long id) {
        return synced.isKnown(id);
    }

    /** The object gets a name on the target with the next frame. */
    public void makeKnown(long id) {
        synced.makeKnown(id);
    }

    /** Marks an object as known to the target of the copy of an epoch, if that is still the present one; its lock is held. */
    public void markSynced(int operationEpoch, long id) {
        // The set is read first: a new copy's set is there before its epoch is.
        SyncedObjects set = synced;
        if (epoch.get() == operationEpoch) {
            set.add(id);
        }
    }

    /** Before the first operation: those that come wait for {@link #beginMirror}, and are then sent, or for {@link #goAlone}. */
    public void expectPeer() {
        window.lock();
        try {
            peer = Peer.EXPECTED;
        } finally {
            window.unlock();
        }
    }

    /** Before the first operation of an engine whose predecessor died while it mirrored: as if the link were just lost. */
    public void resumeLost() {
        window.lock();
        try {
            everything = true;
            peer = Peer.LOST;
        } finally {
            window.unlock();
        }
    }

    /** Whether operations wait for a mirror to begin. */
    public boolean expectsPeer() {
        return peer == Peer.EXPECTED;
    }

    /**
     * A copy begins over this wire; nothing is synced yet.
     *
     * @param first the frame that says so, ahead of any operation; the epoch is written into it
     * @return the epoch of the copy
     */
    public int beginCopy(Wire newWire, ByteBuffer first) {
        return begin(newWire, Peer.COPYING, first, new SyncedSet());
    }

    /**
     * A resynchronisation begins over this wire: as a copy, but some objects are synced already.
     *
     * @param first the frame that says so, ahead of any operation; the epoch is written into it
     * @param objects which
     * @return the epoch of the resynchronisation
     */
    public int beginResync(Wire newWire, ByteBuffer first, SyncedObjects objects) {
        return begin(newWire, Peer.COPYING, first, objects);
    }

    /**
     * The peer's copy is identical: every operation from now on is sent over this wire.
     *
     * @param first the frame that says so, ahead of any operation; the epoch is written into it
     * @return the epoch of the mirror
     */
    public int beginMirror(Wire newWire, ByteBuffer first) {
        return begin(newWire, Peer.MIRRORED, first, new SyncedSet());
    }

    private int begin(Wire newWire, Peer newPeer, ByteBuffer first, SyncedObjects objects) {
        // Operations that wait for this mirror keep their epoch: they are the first that it carries.
        boolean awaited = peer == Peer.EXPECTED && newPeer == Peer.MIRRORED;
        if (!awaited) {
            goAlone();
        }
        order.lock();
        try {
            int begun;
            window.lock();
            try {
                wire = newWire;
                sent = 0;
                acknowledged = 0;
                bytesInFlight = 0;
                synced = objects;
                begun = awaited ? epoch.get() : epoch.incrementAndGet();
                peer = newPeer;
                moved.signalAll();
            } finally {
                window.unlock();
            }
            first.putLong(first.position() + StreamFormat.ID_AT, begun);
            submit(begun, first, null, false);
            return begun;
        } finally {
            order.unlock();
        }
    }

    /** From now on the peer has every object, if nothing is left to bring; false when something is. */
    public boolean endCopy(int copyEpoch) {
        window.lock();
        try {
            if (peer != Peer.COPYING || epoch.get() != copyEpoch) {
                return true;
            }
            if (!synced.isDone()) {
                return false;
            }
            peer = Peer.MIRRORED;
            return true;
        } finally {
            window.unlock();
        }
    }

    /**
     * In a resynchronisation, has the entries of two directories brought again, whose locks are held: what a change of
     * names did to directories may not be possible on the target, where those above are not in their places yet.
     *
     * @return whether operations on them are not sent now
     */
    public boolean bringAgain(int operationEpoch, long directory, long other) {
        window.lock();
        try {
            return peer == Peer.COPYING
                    && epoch.get() == operationEpoch
                    && synced.bringAgain(directory)
                    && synced.bringAgain(other);
        } finally {
            window.unlock();
        }
    }

    /** The link is gone: what is submitted from now on waits, until {@link #goAlone} or a new beginning. */
    public void lose() {
        window.lock();
        try {
            if (peer == Peer.MIRRORED || peer == Peer.COPYING) {
                everything = peer == Peer.MIRRORED;
                peer = Peer.LOST;
                moved.signalAll();
            }
        } finally {
            window.unlock();
        }
    }

    /** The brain goes on without the peer: everybody who waits is answered. */
    public void goAlone() {
        release(Peer.NONE, 0);
    }

    /** This node may not serve any more: everybody who waits, and who comes until the end, gets an error. */
    public void refuse(int errno) {
        refusal = errno;
        release(Peer.REFUSED, errno);
    }

    private void release(Peer next, int errno) {
        List<IntConsumer> released = new ArrayList<>();
        window.lock();
        try {
            if (peer == Peer.REFUSED) {
                return;
            }
            peer = next;
            epoch.incrementAndGet();
            for (long s = acknowledged + 1; s <= sent; s++) {
                takeWaiting(s, released);
            }
            acknowledged = sent;
            bytesInFlight = 0;
            released.addAll(flushes.values());
            flushes.clear();
            moved.signalAll();
        } finally {
            window.unlock();
        }
        released.forEach(w -> w.accept(errno));
    }

    private void takeWaiting(long sequence, List<IntConsumer> into) {
        int slot = (int) (sequence % WINDOW_OPERATIONS);
        if (waiting[slot] != null) {
            into.add(waiting[slot]);
            waiting[slot] = null;
        }
        bytesInFlight -= sizes[slot];
        sizes[slot] = 0;
    }

    /**
     * Puts one operation on the stream; its sequence number is written into the frame.
     *
     * @param operationEpoch {@link #epoch} as it was before {@link #mirrors} was asked
     * @param frame one whole frame from position to limit
     * @param waiter completed with 0 when the peer has applied the operation or was given up; or null, and the peer may
     *     be slow to acknowledge
     * @param flush whether the waiter waits for {@link StreamFormat#DONE} instead of the acknowledgement
     * @return false when nobody mirrors (any more): the waiter will not hear, answer at once
     */
    public boolean submit(int operationEpoch, ByteBuffer frame, IntConsumer waiter, boolean flush) {
        awaitExpected(operationEpoch);
        order.lock();
        try {
            Entry entry = enter(operationEpoch, frame, waiter, flush);
            if (entry == Entry.SEND) {
                wire.send(frame);
            } else if (entry == Entry.FAILED && waiter != null) {
                waiter.accept(refusal);
            }
            return entry != Entry.ALONE;
        } catch (IOException e) {
            // The link tells its user that it ended; until the brain decides, the operation waits as sent.
            lose();
            return true;
        } finally {
            order.unlock();
        }
    }

    /** Not under the lock that gives the order: who begins the mirror comes first. */
    private void awaitExpected(int operationEpoch) {
        if (peer != Peer.EXPECTED) {
            return;
        }
        window.lock();
        try {
            while (peer == Peer.EXPECTED && epoch.get() == operationEpoch) {
                moved.awaitUninterruptibly();
            }
        } finally {
            window.unlock();
        }
    }

    private enum Entry {
        SEND,
        WAIT,
        ALONE,
        FAILED
    }

    /** Enters the operation into the window, waiting for room. */
    private Entry enter(int operationEpoch, ByteBuffer frame, IntConsumer waiter, boolean flush) {
        int bytes = frame.remaining();
        window.lock();
        try {
            while (epoch.get() == operationEpoch && peer != Peer.NONE && full(bytes)) {
                moved.awaitUninterruptibly();
            }
            if (peer == Peer.REFUSED) {
                return Entry.FAILED;
            }
            if (epoch.get() != operationEpoch || peer == Peer.NONE) {
                return Entry.ALONE;
            }
            sent++;
            int slot = (int) (sent % WINDOW_OPERATIONS);
            waiting[slot] = flush ? null : waiter;
            sizes[slot] = bytes;
            bytesInFlight += bytes;
            if (flush) {
                flushes.put(sent, waiter);
            }
            boolean hurry = waiter != null && !flush;
            frame.putLong(frame.position() + StreamFormat.SEQUENCE_AT, hurry ? sent : sent | StreamFormat.NOBODY_WAITS);
            return peer == Peer.LOST ? Entry.WAIT : Entry.SEND;
        } finally {
            window.unlock();
        }
    }

    private boolean full(int bytes) {
        return sent - acknowledged >= WINDOW_OPERATIONS || (bytesInFlight > 0 && bytesInFlight + bytes > WINDOW_BYTES);
    }

    /** The peer has applied everything up to this sequence number of an epoch; of an old one it means nothing. */
    public void acknowledge(int operationEpoch, long sequence) {
        List<IntConsumer> released = new ArrayList<>(1);
        window.lock();
        try {
            if (epoch.get() == operationEpoch) {
                takeAcknowledged(sequence, released);
            }
        } finally {
            window.unlock();
        }
        for (IntConsumer waiter : released) {
            waiter.accept(0);
        }
    }

    private void takeAcknowledged(long sequence, List<IntConsumer> into) {
        if (sequence > sent) {
            throw new IllegalStateException("the peer acknowledged operation " + sequence + ", " + sent + " were sent");
        }
        for (long s = acknowledged + 1; s <= sequence; s++) {
            takeWaiting(s, into);
        }
        acknowledged = Math.max(acknowledged, sequence);
        moved.signalAll();
    }

    /** The peer has done this flush, and so has applied everything up to it; see {@link #acknowledge}. */
    public void flushed(int operationEpoch, long sequence) {
        List<IntConsumer> released = new ArrayList<>(1);
        window.lock();
        try {
            if (epoch.get() == operationEpoch) {
                takeAcknowledged(sequence, released);
                IntConsumer waiter = flushes.remove(sequence);
                if (waiter != null) {
                    released.add(waiter);
                }
            }
        } finally {
            window.unlock();
        }
        released.forEach(waiter -> waiter.accept(0));
    }

    /** Waits until the peer has applied this operation; false when the peer is gone or another, or time is up. */
    public boolean awaitAcknowledged(int operationEpoch, long sequence, long timeoutMs) {
        long left = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        window.lock();
        try {
            while (isPresent(operationEpoch) && acknowledged < sequence && left > 0) {
                left = moved.awaitNanos(left);
            }
            return isPresent(operationEpoch) && acknowledged >= sequence;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            window.unlock();
        }
    }

    /**
     * How far the stream is.
     *
     * @param epoch that the numbers belong to
     * @param mirrored whether the peer has every object and every operation is sent
     * @param sent the last operation's number
     * @param acknowledged the last one that the peer has applied
     */
    public record Position(int epoch, boolean mirrored, long sent, long acknowledged) {}

    /** Where the stream is now. */
    public Position position() {
        window.lock();
        try {
            return new Position(epoch.get(), peer == Peer.MIRRORED, sent, acknowledged);
        } finally {
            window.unlock();
        }
    }

    private boolean isPresent(int operationEpoch) {
        return epoch.get() == operationEpoch && (peer == Peer.COPYING || peer == Peer.MIRRORED);
    }

    /** Whether the peer has every object, so that nothing is missing on it but what is under way. */
    public boolean mirrorsEverything() {
        return peer == Peer.MIRRORED;
    }

    /** Whether operations go to a peer now. */
    public boolean connected() {
        return peer == Peer.COPYING || peer == Peer.MIRRORED;
    }
}
