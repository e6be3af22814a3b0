package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/** Appends numbered records to a log: length (4), number (8), CRC-32C of number and payload (4), payload. */
final class AppendWorker implements Load.Worker {

    static final int HEADER_BYTES = 16;
    static final int MOST_PAYLOAD_BYTES = 5_000;

    private static final int STEPS_A_FLUSH = 8;

    private final LoadLog log;
    private final SplittableRandom dice;
    private final FileChannel channel;
    private long number;

    AppendWorker(Path path, LoadLog log, SplittableRandom dice) throws IOException {
        this.log = log;
        this.dice = dice;
        log.begin("create");
        channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND);
        log.end();
    }

    @Override
    public void step() throws IOException {
        if (dice.nextInt(STEPS_A_FLUSH) == 0) {
            log.begin(SlotWorker.FLUSH);
            channel.force(dice.nextBoolean());
            log.end();
            return;
        }
        number++;
        byte[] payload = new byte[dice.nextInt(1, MOST_PAYLOAD_BYTES)];
        dice.nextBytes(payload);
        ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + payload.length);
        record.putInt(payload.length).putLong(number).putInt(checksum(number, payload));
        record.put(payload).flip();
        log.begin("append " + number);
        while (record.hasRemaining()) {
            channel.write(record);
        }
        log.end();
    }

    static int checksum(long number, byte[] payload) {
        CRC32C checksum = new CRC32C();
        checksum.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        checksum.update(payload);
        return (int) checksum.getValue();
    }
}
