package io.gemel.engine.lab.demo;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

/** One connection to the journal service. Every call ends: an answer that takes too long is an {@link IOException}. */
final class JournalClient implements AutoCloseable {

    /** Short, so that a client that knocks where the address was soon knocks where it is. */
    private static final int CONNECT_TIMEOUT_MS = 250;

    private static final int ANSWER_TIMEOUT_MS = 1_000;
    private static final int LIST_TIMEOUT_MS = 30_000;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    JournalClient(InetSocketAddress server) throws IOException {
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

    long append(long writer, long sequence, byte[] payload) throws IOException {
        out.writeByte(JournalServer.APPEND);
        out.writeLong(writer);
        out.writeLong(sequence);
        out.writeInt(payload.length);
        out.write(payload);
        out.flush();
        expectOk();
        return in.readLong();
    }

    long count() throws IOException {
        out.writeByte(JournalServer.COUNT);
        out.flush();
        expectOk();
        return in.readLong();
    }

    /** The CRC-32C of each record of a writer, by its sequence. */
    Map<Long, Integer> list(long writer) throws IOException {
        socket.setSoTimeout(LIST_TIMEOUT_MS);
        out.writeByte(JournalServer.LIST);
        out.writeLong(writer);
        out.flush();
        expectOk();
        int count = in.readInt();
        Map<Long, Integer> records = new HashMap<>();
        for (int i = 0; i < count; i++) {
            records.put(in.readLong(), in.readInt());
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
