package io.gemel.engine.simulator;

import io.gemel.engine.replication.ChangeStore.Saved;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.Generation;
import io.gemel.engine.replication.PeerChanges;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.Resync;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A primary's directory: the real stream and the real change tracker, and calls that go through them as in the replicated
 * file system, each step in a moment of its own.
 */
final class SimulatedPrimary {

    /** An error number, as calls end with that are refused. */
    static final int EIO = 5;

    /** Beyond every file's identity: none is born while the simulation runs. */
    private static final long MARK = 1_000;

    private static final int STEP_MS = 2;
    private static final int FLUSH_MS = 30;
    private static final int POLL_MS = 5;
    private static final int QUIET_POLLS = 200;
    private static final long CALLS_END_MS = 5_000;
    private static final long PEER_FLUSH_MS = 60_000;

    private final SimulatedNode node;
    private final SimulatedDisk disk;
    final ReplicationStream stream;
    final ChangeTracker changes;
    final FileLocks locks = new FileLocks();

    /** Calls that wait for a mirror to begin. */
    private final Deque<Runnable> waitForMirror = new ArrayDeque<>();

    private Optional<Bringing> bringing = Optional.empty();
    private final Set<Consumer<SimulatedPrimary>> unanswered = new LinkedHashSet<>();
    private int calls;
    private long lastWritten;
    private long closingSinceMs = -1;
    private long flushSinceMs = -1;
    private boolean flushed;
    private boolean closed;

    /** @param peerExpected whether calls wait until the peer mirrors */
    static SimulatedPrimary opened(SimulatedNode node, boolean peerExpected) {
        SimulatedPrimary opened = new SimulatedPrimary(node);
        if (peerExpected) {
            opened.stream.expectPeer();
            opened.changes.expectMirror();
        }
        return opened;
    }

    /** Of an engine that goes on where one died, with a peer that had, or was receiving, everything, or without. */
    static SimulatedPrimary resumed(SimulatedNode node, boolean peerLost) {
        SimulatedPrimary resumed = new SimulatedPrimary(node);
        if (peerLost) {
            resumed.stream.resumeLost();
        }
        return resumed;
    }

    private SimulatedPrimary(SimulatedNode node) {
        this.node = node;
        this.disk = node.disk;
        stream = new ReplicationStream(node.firstEpoch());
        changes = new ChangeTracker(node.journal, () -> MARK, () -> {});
        changes.open();
        node.journal.shared = false;
        node.later(watermarkMs(), this::watermark);
    }

    /** The calls that were not answered: the kernel sends them again to an engine that goes on. */
    List<Consumer<SimulatedPrimary>> unanswered() {
        return List.copyOf(unanswered);
    }

    private int watermarkMs() {
        return 500 + node.dice().nextInt(10_000);
    }

    private void step(Runnable what) {
        node.later(node.dice().nextInt(STEP_MS), what);
    }

    /** The application writes; the number of the call's end is 0 or an error. */
    void write(long id, int block, int blocks, Call call) {
        calls++;
        Consumer<SimulatedPrimary> again = next -> next.write(id, block, blocks, call);
        unanswered.add(again);
        Generation entered = changes.enter();
        step(() -> locks.lock(id, () -> {
            changes.data(id, (long) block * SimulatedDisk.BLOCK_BYTES, (long) blocks * SimulatedDisk.BLOCK_BYTES);
            step(() -> {
                int epoch = stream.epoch();
                boolean mirrors = stream.mirrors(id);
                long value = node.nextValue();
                lastWritten = value;
                disk.write(id, block, blocks, value);
                node.trace(() -> "writes " + value + " to " + id + "[" + block + "+" + blocks + "]");
                IntConsumer end = errno -> {
                    calls--;
                    unanswered.remove(again);
                    call.ended(errno, value);
                };
                ByteBuffer frame = Frame.operation(StreamFormat.WRITE, id, block, blocks, value);
                step(() -> submit(id, new Operation(epoch, mirrors, frame, end, false), () -> {
                    changes.leave(entered);
                    locks.unlock(id);
                }));
            });
        }));
    }

    /** Who hears how a call ended. */
    @FunctionalInterface
    interface Call {
        void ended(int errno, long value);
    }

    private record Operation(int epoch, boolean mirrors, ByteBuffer frame, IntConsumer end, boolean flush) {}

    private void submit(long id, Operation operation, Runnable then) {
        if (operation.mirrors && stream.expectsPeer()) {
            waitForMirror.add(() -> submit(id, operation, then));
            return;
        }
        boolean sent =
                operation.mirrors && stream.submit(operation.epoch, operation.frame, operation.end, operation.flush);
        then.run();
        if (!sent) {
            operation.end.accept(0);
        }
    }

    /** The application flushes a file: it is on both disks then. */
    void flush(long id, Call call) {
        calls++;
        Consumer<SimulatedPrimary> again = next -> next.flush(id, call);
        unanswered.add(again);
        int epoch = stream.epoch();
        boolean[] here = {false};
        int[] there = {-1};
        Runnable ended = () -> {
            if (here[0] && there[0] >= 0) {
                calls--;
                unanswered.remove(again);
                call.ended(there[0], 0);
            }
        };
        ByteBuffer frame = Frame.operation(StreamFormat.FSYNC, id);
        IntConsumer answered = errno -> {
            there[0] = errno;
            ended.run();
        };
        submit(id, new Operation(epoch, stream.mirrors(id), frame, answered, true), () -> {});
        node.later(node.dice().nextInt(FLUSH_MS), () -> {
            disk.flush(id);
            here[0] = true;
            ended.run();
        });
    }

    private void goOn() {
        while (!waitForMirror.isEmpty() && !stream.expectsPeer()) {
            waitForMirror.poll().run();
        }
    }

    /** Now and then: what is on both disks need not be remembered. */
    private void watermark() {
        if (closingSinceMs < 0) {
            changes.saveNotes();
            endSpan(QUIET_POLLS);
            node.later(watermarkMs(), this::watermark);
        }
    }

    private void endSpan(int polls) {
        Optional<Generation> ended = changes.endSpan();
        if (ended.isPresent()) {
            flushBoth(ended.get());
        } else if (changes.isEnding() && polls > 0) {
            node.later(POLL_MS, () -> endSpan(polls - 1));
        }
    }

    private void flushBoth(Generation ended) {
        int epoch = stream.epoch();
        boolean[] here = {false};
        boolean[] there = {false};
        Runnable done = () -> {
            if (here[0] && there[0] && stream.epoch() == epoch && !closed) {
                changes.spanIsDurable(ended);
            }
        };
        boolean sent = stream.connected()
                && stream.submit(
                        epoch,
                        Frame.operation(StreamFormat.FLUSH_ALL, 0),
                        errno -> {
                            there[0] = errno == 0;
                            done.run();
                        },
                        true);
        if (sent) {
            node.later(node.dice().nextInt(FLUSH_MS), () -> {
                disk.flushAll();
                here[0] = true;
                done.run();
            });
        }
    }

    /** Begins to bring the peer what it lacks; says which. */
    String startSync(long generation, PeerChanges said) {
        Optional<Saved> peer = said.whole();
        stream.goAlone();
        goOn();
        changes.peerLost();
        Optional<String> whyNot = peer.isEmpty()
                ? Optional.of("the peer did not say what it remembers")
                : changes.whyNotIncremental(peer.get().header().base());
        if (whyNot.isPresent()) {
            changes.beginCopy();
            int epoch = stream.beginCopy(node::sendOperation, Frame.operation(StreamFormat.COPY_BEGIN, 0));
            bring(new Bringing(node, this, epoch, generation, Optional.empty()));
            return "copying everything: " + whyNot.get();
        }
        long ownFrom = changes.prepareResync(peer.get(), generation);
        ByteBuffer first = Frame.operation(StreamFormat.RESYNC_BEGIN, 0, ownFrom);
        Resync begun = changes.beginResync(r -> stream.beginResync(node::sendOperation, first, r));
        bring(new Bringing(node, this, stream.epoch(), generation, Optional.of(begun)));
        return "sending what changed since both had the same";
    }

    private void bring(Bringing begun) {
        bringing = Optional.of(begun);
        begun.start();
    }

    void startMirror(long generation) {
        stream.beginMirror(node::sendOperation, Frame.operation(StreamFormat.MIRROR_BEGIN, 0, generation));
        changes.mirror(generation);
        node.journal.shared = true;
        goOn();
    }

    void goAlone() {
        node.journal.shared = false;
        stream.goAlone();
        changes.peerLost();
        bringing = Optional.empty();
        goOn();
    }

    void refuse() {
        stream.refuse(EIO);
        goOn();
    }

    void linkDown() {
        stream.lose();
    }

    /** An answer of the peer. */
    void answered(Frame frame) {
        switch (frame.kind()) {
            case StreamFormat.ACKNOWLEDGE -> stream.acknowledge(frame.epoch(), frame.sequence());
            case StreamFormat.DONE -> stream.flushed(frame.epoch(), frame.sequence());
            case StreamFormat.COPY_STORED -> {
                if (stream.epoch() == frame.epoch()) {
                    bringing.ifPresent(Bringing::stored);
                }
            }
            default -> throw new IllegalStateException("an answer of kind " + frame.kind());
        }
    }

    /** Whether a call that comes now, at this node, would be acknowledged. */
    boolean acknowledges() {
        boolean alone = !stream.mirrors(1) && !stream.connected();
        return closingSinceMs < 0 && (alone || (stream.connected() && node.peerTakes()));
    }

    long lastWritten() {
        return lastWritten;
    }

    boolean isBringing() {
        return bringing.filter(Bringing::runs).isPresent();
    }

    /** Whether nothing is on its way. */
    boolean isQuiet() {
        return calls == 0 && !isBringing();
    }

    /**
     * Ends in order, over several moments: called again until it says so.
     *
     * @return whether the peer confirmed that it has everything; nothing while it is not closed
     */
    Optional<Boolean> close() {
        if (closingSinceMs < 0) {
            closingSinceMs = node.nowMs();
            if (stream.expectsPeer()) {
                refuse();
            }
        }
        // After that they are taken away from their users, who do not hear how they end.
        boolean waitsForCalls = node.nowMs() - closingSinceMs <= CALLS_END_MS;
        if (calls > 0 && waitsForCalls) {
            return Optional.empty();
        } else if (calls > 0 && !stream.connected()) {
            refuse();
        }
        Optional<Boolean> confirmed = flushPeer();
        confirmed.ifPresent(this::end);
        return confirmed;
    }

    private Optional<Boolean> flushPeer() {
        if (flushSinceMs < 0) {
            flushSinceMs = node.nowMs();
            ByteBuffer frame = Frame.operation(StreamFormat.FLUSH_ALL, 0);
            if (!stream.connected() || !stream.submit(stream.epoch(), frame, errno -> flushed = true, true)) {
                return Optional.of(false);
            }
        }
        if (!flushed && stream.connected() && node.nowMs() - flushSinceMs < PEER_FLUSH_MS) {
            return Optional.empty();
        }
        return Optional.of(flushed && stream.mirrorsEverything());
    }

    private void end(boolean confirmed) {
        stream.goAlone();
        bringing = Optional.empty();
        disk.flushAll();
        changes.close(confirmed);
        closed = true;
    }
}
