package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Event;
import io.gemel.engine.replication.Change;
import io.gemel.engine.replication.Generation;
import io.gemel.engine.replication.Resync;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** A copy or a resynchronisation, step by step while the application writes: as the file system layer sends it. */
final class Bringing {

    private static final int STEP_MS = 3;
    private static final int FLUSH_MS = 30;

    private final SimulatedNode node;
    private final SimulatedPrimary primary;
    private final int epoch;
    private final long generation;
    private final Optional<Resync> resync;
    private final Deque<Long> files = new ArrayDeque<>();
    private Optional<Generation> last = Optional.empty();
    private boolean done;

    Bringing(SimulatedNode node, SimulatedPrimary primary, int epoch, long generation, Optional<Resync> resync) {
        this.node = node;
        this.primary = primary;
        this.epoch = epoch;
        this.generation = generation;
        this.resync = resync;
    }

    void start() {
        if (resync.isEmpty()) {
            for (long id = 1; id <= SimulatedDisk.FILES; id++) {
                files.add(id);
            }
        }
        later(this::awaitQuiet);
    }

    boolean runs() {
        return !done && primary.stream.epoch() == epoch;
    }

    /** Unless the stream is another one by then. */
    private void later(Runnable what) {
        node.later(1 + node.dice().nextInt(STEP_MS), () -> {
            if (runs()) {
                what.run();
            }
        });
    }

    /** Operations that began before the resynchronisation may still note what it has to bring. */
    private void awaitQuiet() {
        if (resync.filter(r -> !r.isQuiet()).isPresent()) {
            later(this::awaitQuiet);
        } else {
            nextFile();
        }
    }

    private void nextFile() {
        if (files.isEmpty()) {
            resync.ifPresent(r -> files.addAll(r.pending(id -> true)));
        }
        Long id = files.poll();
        if (id != null) {
            primary.locks.lock(id, () -> sendFile(id));
        } else if (primary.stream.endCopy(epoch)) {
            last = Optional.of(primary.changes.endCopy());
            later(this::awaitEnd);
        } else {
            later(this::nextFile);
        }
    }

    private void sendFile(long id) {
        Optional<Change> change = resync.flatMap(r -> r.pending(id));
        boolean stale = !runs() || (resync.isPresent() && change.isEmpty());
        if (!stale && submit(Frame.operation(StreamFormat.COPY_INODE, id))) {
            primary.stream.markSynced(epoch, id);
            Deque<Integer> blocks = blocksOf(change);
            primary.locks.unlock(id);
            later(() -> nextBlock(id, blocks));
        } else {
            primary.locks.unlock(id);
            later(this::nextFile);
        }
    }

    private static Deque<Integer> blocksOf(Optional<Change> change) {
        long[] ranges = {0, Long.MAX_VALUE};
        if (change.isPresent()) {
            ranges = change.get().isCoarse() && !change.get().isNew()
                    ? change.get().rangesToCompare()
                    : change.get().ranges();
        }
        Deque<Integer> blocks = new ArrayDeque<>();
        for (int block = 0; block < SimulatedDisk.BLOCKS; block++) {
            long at = (long) block * SimulatedDisk.BLOCK_BYTES;
            for (int i = 0; i < ranges.length; i += 2) {
                if (at >= ranges[i] && at < ranges[i + 1]) {
                    blocks.add(block);
                    break;
                }
            }
        }
        return blocks;
    }

    private void nextBlock(long id, Deque<Integer> blocks) {
        Integer block = blocks.poll();
        if (block == null) {
            resync.ifPresent(r -> r.isBrought(id));
            later(this::nextFile);
            return;
        }
        primary.locks.lock(id, () -> {
            ByteBuffer frame = Frame.operation(StreamFormat.WRITE, id, block, 1, node.disk.read(id, block));
            if (node.bug() == Bug.READ_OUTSIDE_LOCK) {
                primary.locks.unlock(id);
                later(() -> {
                    submit(frame);
                    nextBlock(id, blocks);
                });
                return;
            }
            submit(frame);
            primary.locks.unlock(id);
            later(() -> nextBlock(id, blocks));
        });
    }

    private boolean submit(ByteBuffer frame) {
        return primary.stream.submit(epoch, frame, null, false);
    }

    private void awaitEnd() {
        if (!primary.changes.isQuiet(last.orElseThrow())) {
            later(this::awaitEnd);
        } else {
            submit(Frame.operation(StreamFormat.COPY_END, 0, generation));
        }
    }

    /** The peer has all of it on disk. */
    void stored() {
        node.later(node.dice().nextInt(FLUSH_MS), () -> {
            if (runs()) {
                done = true;
                node.disk.flushAll();
                primary.changes.peerHasEverything(last, generation);
                node.journal.shared = true;
                node.feed(new Event.CopyDone());
            }
        });
    }
}
