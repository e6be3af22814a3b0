package io.gemel.engine.lab.demo;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** One connection to the journal service. Every call ends: an answer that takes too long is an {@link IOException}. */
public final class JournalClient implements AutoCloseable {

    /** Short, so that a client that knocks where the address was soon knocks where it is. */
    private static final int CONNECT_TIMEOUT_MS = 250;

    private static final int ANSWER_TIMEOUT_MS = 1_000;
    private static final int LIST_TIMEOUT_MS = 30_000;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    /**
     * A record as the service shows it.
     *
     * @param sequence its writer's number
     * @param checksum the CRC-32C of its content
     */
    public record Stored(long sequence, int checksum) {}

    /** Connects. */
    public JournalClient(InetSocketAddress server) throws IOException {
        socket = new Socket();
        try {
            socket.connect(server, CONNECT_TIMEOUT_MS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(ANSWER_TIMEOUT_MS);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Appends a record; returns its number once it is on disk. */
    public long append(long writer, long sequence, byte[] payload) throws IOException {
        out.writeByte(JournalServer.APPEND);
        out.writeLong(writer);
        out.writeLong(sequence);
        out.writeInt(payload.length);
        out.write(payload);
        out.flush();
        expectOk();
        return in.readLong();
    }

    /** How many records there are. */
    public long count() throws IOException {
        out.writeByte(JournalServer.COUNT);
        out.flush();
        expectOk();
        return in.readLong();
    }

    /** All records of a writer, in their order. */
    public List<Stored> list(long writer) throws IOException {
        return list(writer, LIST_TIMEOUT_MS);
    }

    /** As {@link #list(long)}; an answer that takes longer than that is an {@link IOException}. */
    public List<Stored> list(long writer, int timeoutMs) throws IOException {
        socket.setSoTimeout(timeoutMs);
        out.writeByte(JournalServer.LIST);
        out.writeLong(writer);
        out.flush();
        expectOk();
        int count = in.readInt();
        List<Stored> records = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            records.add(new Stored(in.readLong(), in.readInt()));
        }
        socket.setSoTimeout(ANSWER_TIMEOUT_MS);
        return records;
    }

    private void expectOk() throws IOException {
        int answer = in.read();
        if (answer != JournalServer.OK) {
            throw new IOException(answer < 0 ? "the service closed the connection" : "unexpected answer " + answer);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is lost with a connection that is not used any more.
        }
    }
}
