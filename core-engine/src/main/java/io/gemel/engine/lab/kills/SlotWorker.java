package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** Overwrites slots of one file at random, and flushes it now and then. */
final class SlotWorker implements Load.Worker {

    static final String FLUSH = "fsync";

    private static final int HOT_SLOTS = 24;
    private static final int STEPS_A_FLUSH = 12;

    private final Load.SlotFile file;
    private final LoadLog log;
    private final SplittableRandom dice;
    private final FileChannel channel;
    private final ByteBuffer buffer;
    private long version;

    SlotWorker(Load.SlotFile file, int epoch, LoadLog log, SplittableRandom dice) throws IOException {
        this.file = file;
        this.log = log;
        this.dice = dice;
        this.version = epoch * Load.VERSIONS_AN_EPOCH;
        this.buffer = ByteBuffer.allocateDirect(file.slotBytes());
        this.channel = FileChannel.open(file.path(), StandardOpenOption.WRITE);
    }

    @Override
    public void step() throws IOException {
        if (dice.nextInt(STEPS_A_FLUSH) == 0) {
            log.begin(FLUSH);
            channel.force(dice.nextBoolean());
            log.end();
            return;
        }
        int slot = dice.nextInt(dice.nextBoolean() ? HOT_SLOTS : file.slots());
        version++;
        Sector.fill(buffer, file.slotBytes(), file.number(), slot, version);
        log.begin(slot + " " + version);
        long at = (long) slot * file.slotBytes();
        while (buffer.hasRemaining()) {
            channel.write(buffer, at + buffer.position());
        }
        log.end();
    }
}
