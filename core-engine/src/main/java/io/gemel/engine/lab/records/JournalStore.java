package io.gemel.engine.lab.records;

import io.gemel.engine.lab.demo.JournalClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;

/** The journal service: a repeated record is recognised by its number, and confirmed once it is on disk. */
final class JournalStore implements RecordStore {

    private static final int PORT = 7070;
    private static final int EXTENT_MS = 3_000;

    private final int writer;
    private final JournalClient client;

    JournalStore(String host, int writer) throws IOException {
        this.writer = writer;
        this.client = new JournalClient(new InetSocketAddress(host, PORT));
    }

    @Override
    public void prepare() throws IOException {
        client.count();
    }

    @Override
    public void append(long sequence, boolean again) throws IOException {
        client.append(writer, sequence, Payload.bytesOf(writer, sequence));
    }

    @Override
    public Extent extent() throws IOException {
        List<JournalClient.Stored> all = client.list(writer, EXTENT_MS);
        return new Extent(all.size(), all.isEmpty() ? 0 : all.getLast().sequence());
    }

    @Override
    public void read(Visitor visitor) throws IOException {
        for (JournalClient.Stored stored : client.list(writer)) {
            visitor.record(stored.sequence(), sequence -> stored.checksum() == Payload.checksumOf(writer, sequence));
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
