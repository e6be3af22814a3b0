package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.kills.Check.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The appended log holds every record up to the one that counts, in order and whole. */
final class AppendCheck {

    private AppendCheck() {}

    static void run(Path path, List<LoadLog.Entry> entries, Promise promise, Consumer<String> problems)
            throws IOException {
        long written = 0;
        long flushed = -1;
        long begun = 0;
        for (LoadLog.Entry entry : entries) {
            if (entry.what().equals(SlotWorker.FLUSH)) {
                flushed = entry.done() ? written : flushed;
            } else if (entry.what().startsWith("append ")) {
                begun = Long.parseLong(entry.what().substring("append ".length()));
                written = entry.done() ? begun : written;
            }
        }
        boolean created = !entries.isEmpty() && entries.getFirst().done();
        boolean must = promise == Promise.WRITES ? created : flushed >= 0;
        if (!Files.exists(path)) {
            if (must) {
                problems.accept(path + " is missing");
            }
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
        long last = whole(bytes);
        long expected = promise == Promise.WRITES ? written : Math.max(0, flushed);
        if (last < expected || last > begun) {
            problems.accept(path + " holds whole records up to " + last + ", expected " + expected + " to " + begun);
        }
        if (promise == Promise.WRITES && begun == written && bytes.hasRemaining()) {
            problems.accept(path + " holds " + bytes.remaining() + " bytes behind its last record " + last);
        }
    }

    /** The number of the last record up to which all are whole; the buffer stands behind it. */
    private static long whole(ByteBuffer bytes) {
        long last = 0;
        while (bytes.remaining() >= AppendWorker.HEADER_BYTES) {
            bytes.mark();
            int length = bytes.getInt();
            long number = bytes.getLong();
            int checksum = bytes.getInt();
            if (length < 1 || length > AppendWorker.MOST_PAYLOAD_BYTES || length > bytes.remaining()) {
                bytes.reset();
                return last;
            }
            byte[] payload = new byte[length];
            bytes.get(payload);
            if (number != last + 1 || checksum != AppendWorker.checksum(number, payload)) {
                bytes.reset();
                return last;
            }
            last = number;
        }
        return last;
    }
}
