package io.gemel.engine.simulator;

import java.util.function.Consumer;

/** The service: some threads that write and flush, one call after the other each, and rely on what they are told. */
final class SimulatedApplication {

    private static final int THREADS = 3;
    private static final int THINK_MS = 3_000;
    /** While a resynchronisation runs. */
    private static final int BUSY_MS = 60;

    private static final int BURST_MS = 3;
    private static final int BURST_CALLS = 20;
    private static final int MOST_BLOCKS = 3;
    private static final long NOW_MS = 400;

    private final SimulatedNode node;
    private final SimulatedCluster cluster;
    private boolean runs;

    /** Grows with each start and end, so that threads of another run end. */
    private int run;

    SimulatedApplication(SimulatedNode node, SimulatedCluster cluster) {
        this.node = node;
        this.cluster = cluster;
    }

    boolean runs() {
        return runs;
    }

    void start() {
        runs = true;
        run++;
        for (int i = 0; i < THREADS; i++) {
            think();
        }
    }

    void die() {
        runs = false;
        run++;
    }

    private void think() {
        int of = run;
        boolean busy = node.primary.filter(SimulatedPrimary::isBringing).isPresent();
        node.laterOnMachine(node.dice().nextInt(busy ? BUSY_MS : THINK_MS), () -> {
            if (of == run && (node.primary.isPresent() || node.isReplaced())) {
                if (cluster.loads && node.primary.isPresent()) {
                    call(this::think);
                } else {
                    think();
                }
            }
        });
    }

    /** For a moment there are more threads, which do not think. */
    void hurry() {
        for (int i = 0; i < THREADS && runs; i++) {
            callAgain(node.dice().nextInt(BURST_CALLS));
        }
    }

    private void callAgain(int times) {
        int of = run;
        node.laterOnMachine(node.dice().nextInt(BURST_MS), () -> {
            if (of == run && times > 0 && node.primary.isPresent()) {
                call(() -> callAgain(times - 1));
            }
        });
    }

    private void call(Runnable after) {
        int of = run;
        long id = 1L + node.dice().nextInt(SimulatedDisk.FILES);
        Runnable next = () -> {
            if (of == run) {
                after.run();
            }
        };
        if (node.dice().nextInt(5) == 0) {
            flush(id, next);
        } else {
            int block = node.dice().nextInt(SimulatedDisk.BLOCKS);
            int blocks = 1 + node.dice().nextInt(Math.min(MOST_BLOCKS, SimulatedDisk.BLOCKS - block));
            write(id, block, blocks, acknowledged -> next.run());
        }
    }

    private void write(long id, int block, int blocks, Consumer<Boolean> ended) {
        int of = run;
        node.primary.orElseThrow().write(id, block, blocks, (errno, value) -> {
            if (errno == 0 && of == run) {
                node.trace(() -> "acknowledges " + value);
                cluster.acknowledged.written(node, id, block, blocks, value);
            }
            ended.accept(errno == 0);
        });
    }

    private void flush(long id, Runnable next) {
        int of = run;
        long[] written = cluster.acknowledged.written(id);
        node.primary.orElseThrow().flush(id, (errno, value) -> {
            if (errno == 0 && of == run) {
                node.trace(() -> "acknowledges the flush of " + id);
                cluster.acknowledged.flushed(node, id, written);
            }
            next.run();
        });
    }

    /** The number of the last write that reached the disk here, acknowledged or not. */
    long lastWritten() {
        return node.primary.map(SimulatedPrimary::lastWritten).orElse(0L);
    }

    /** One write of one block, and the simulation goes on until it ended; whether it was acknowledged. */
    boolean writeNow() {
        if (!node.serves() || node.primary.isEmpty() || node.heart.isFrozen()) {
            return false;
        }
        boolean[] told = {false};
        int block = cluster.writesNow++ % (SimulatedDisk.FILES * SimulatedDisk.BLOCKS);
        write(1L + block / SimulatedDisk.BLOCKS, block % SimulatedDisk.BLOCKS, 1, done -> told[0] = done);
        cluster.runUntil(NOW_MS, () -> told[0]);
        return told[0];
    }
}
