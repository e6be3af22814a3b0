package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Event;
import io.gemel.engine.replication.ChangeStore.Header;
import io.gemel.engine.replication.ChangeStore.Update;
import io.gemel.engine.replication.PeerChanges;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** A second's directory: takes the stream's operations in their order, applies each in its own time, and answers. */
final class SimulatedSecond {

    private static final int FLUSH_MS = 30;
    private static final int SLOW_MS = 200;
    private static final int FLUSH_LATER_MS = 1_000;

    private final SimulatedNode node;
    private final SimulatedDisk disk;
    private final Deque<Frame> came = new ArrayDeque<>();

    /** Grows with each link: what came over another is not applied. */
    private int link;

    private boolean applies;
    private boolean receiving;
    private boolean whole;
    private boolean closed;
    private int epoch;
    private long applied;

    SimulatedSecond(SimulatedNode node) {
        this.node = node;
        this.disk = node.disk;
        whole = node.dataIsWhole();
        if (whole) {
            disk.discardKept();
        }
    }

    void linkUp() {
        forgetWhatCame();
        tellChanges();
    }

    void linkDown() {
        forgetWhatCame();
    }

    private void forgetWhatCame() {
        link++;
        came.clear();
        applies = false;
        receiving = false;
    }

    /** Flushes, or where this node is to serve at once does it a little later. */
    void close(boolean takesOver) {
        closed = true;
        forgetWhatCame();
        if (takesOver) {
            node.later(FLUSH_LATER_MS, disk::flushAll);
        } else {
            disk.flushAll();
        }
    }

    void forgetShared() {
        node.journal.save(new Update().forgetAll().header(Header.NONE));
        tellChanges();
    }

    private void tellChanges() {
        for (ByteBuffer piece : PeerChanges.pieces(node.journal.load(), false)) {
            node.send(new Frame(StreamFormat.CHANGES, piece));
        }
    }

    /** Whether nothing is on its way here. */
    boolean isQuiet() {
        return came.isEmpty();
    }

    void take(Frame frame) {
        if (node.bug() == Bug.ACKNOWLEDGED_EARLY && frame.kind() == StreamFormat.WRITE && receiving) {
            node.send(Frame.answer(StreamFormat.ACKNOWLEDGE, epoch, frame.sequence()));
        }
        came.add(frame);
        if (!applies) {
            applies = true;
            applyNext();
        }
    }

    private void applyNext() {
        int of = link;
        int ms = node.dice().nextInt(node.slow ? 3 : 50) == 0
                ? node.dice().nextInt(SLOW_MS)
                : node.dice().nextInt(2);
        node.later(ms, () -> {
            if (of != link || closed) {
                return;
            }
            apply(came.poll());
            if (of == link) {
                applies = !came.isEmpty();
                if (applies) {
                    applyNext();
                }
            }
        });
    }

    private void apply(Frame frame) {
        switch (frame.kind()) {
            case StreamFormat.COPY_BEGIN, StreamFormat.RESYNC_BEGIN, StreamFormat.MIRROR_BEGIN -> begin(frame);
            default -> {
                if (!receiving) {
                    return;
                }
            }
        }
        node.require(frame.sequence() == applied + 1, "an operation came out of order");
        applied++;
        switch (frame.kind()) {
            case StreamFormat.COPY_BEGIN -> {
                node.journal.save(new Update().forgetAll().header(Header.NONE));
                disk.discardKept();
                disk.clear();
                node.journal.shared = true;
            }
            case StreamFormat.RESYNC_BEGIN ->
                node.journal.save(new Update()
                        .forgetAll()
                        .header(Header.identical(node.journal.load().header().base())));
            case StreamFormat.MIRROR_BEGIN -> {
                disk.discardKept();
                received(frame.field(0));
            }
            case StreamFormat.WRITE -> {
                disk.write(frame.id(), (int) frame.field(0), (int) frame.field(1), frame.field(2));
                node.trace(() -> "applies " + frame.field(2) + " to " + frame.id() + "[" + frame.field(0) + "+"
                        + frame.field(1) + "]");
            }
            case StreamFormat.FSYNC -> flush(frame.sequence(), () -> disk.flush(frame.id()));
            case StreamFormat.FLUSH_ALL -> flush(frame.sequence(), disk::flushAll);
            case StreamFormat.COPY_END -> {
                disk.flushAll();
                received(frame.field(0));
                disk.discardKept();
                node.send(Frame.answer(StreamFormat.COPY_STORED, epoch, applied));
            }
            default -> {}
        }
        node.send(Frame.answer(StreamFormat.ACKNOWLEDGE, epoch, applied));
    }

    private void begin(Frame frame) {
        if (frame.kind() != StreamFormat.MIRROR_BEGIN) {
            node.feed(new Event.CopyStarted());
            node.require(!node.dataIsWhole(), "overwriting was not durable");
            if (whole && frame.kind() == StreamFormat.RESYNC_BEGIN) {
                disk.keep();
            }
            whole = false;
        }
        epoch = (int) frame.id();
        receiving = true;
        applied = 0;
    }

    /** What is here is the primary's data, of this generation. */
    private void received(long generation) {
        node.journal.save(new Update().forgetAll().header(Header.identical(generation)));
        tellChanges();
        whole = true;
        node.feed(new Event.CopyReceived());
    }

    private void flush(long sequence, Runnable flush) {
        int of = epoch;
        node.later(node.dice().nextInt(FLUSH_MS), () -> {
            if (!closed) {
                flush.run();
                node.send(Frame.answer(StreamFormat.DONE, of, sequence));
            }
        });
    }
}
