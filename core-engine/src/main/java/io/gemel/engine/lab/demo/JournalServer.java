package io.gemel.engine.lab.demo;

import io.gemel.protocol.model.Problem;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.zip.CRC32C;

/**
 * The journal service: a small server that keeps what clients send it, as any database does, by fdatasync.
 *
 * <p>A request is one byte and its fields, big-endian; the answer begins with {@link #OK}.
 *
 * <ul>
 *   <li>{@link #APPEND} writer (8) sequence (8) length (4) bytes: the record's number (8), once it is on disk
 *   <li>{@link #COUNT}: the number of records (8)
 *   <li>{@link #LIST} writer (8): how many records that writer has (4), and of each sequence (8) and CRC-32C (4), read
 *       back from the file
 * </ul>
 */
final class JournalServer implements AutoCloseable {

    static final int APPEND = 'A';
    static final int COUNT = 'C';
    static final int LIST = 'L';
    static final int OK = 'K';

    private static final int MAX_CONNECTIONS = 256;
    private static final int BACKLOG = 64;

    private final JournalFile journal;
    private final ServerSocket socket;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private volatile boolean closing;
    private volatile IOException broken;

    private JournalServer(JournalFile journal, ServerSocket socket) {
        this.journal = journal;
        this.socket = socket;
    }

    static JournalServer open(Path directory, InetSocketAddress address) {
        try {
            JournalFile journal = JournalFile.open(directory);
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(address, BACKLOG);
            return new JournalServer(journal, socket);
        } catch (IOException e) {
            throw new Problem(
                    "the journal service cannot serve " + directory + " at " + address + ": " + e,
                    "look whether the directory is there and the port is free",
                    e);
        }
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** Serves until it is closed, or until the journal can no longer be written, which is a {@link Problem}. */
    void serve() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                if (connections.tryAcquire()) {
                    Thread.ofVirtual().start(() -> serve(client));
                } else {
                    client.close();
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new Problem("the journal service cannot accept clients: " + e, "start it again", e);
                }
            }
        }
        if (broken != null) {
            throw new Problem(
                    "the journal cannot be written: " + broken, "look at the disk and at gemel state", broken);
        }
    }

    private void serve(Socket client) {
        try (client;
                DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
                DataOutputStream out = new DataOutputStream(new BufferedOutputStream(client.getOutputStream()))) {
            client.setTcpNoDelay(true);
            for (int request = in.read(); request >= 0; request = in.read()) {
                if (!answer(request, in, out)) {
                    return;
                }
                out.flush();
            }
        } catch (IOException | Problem e) {
            // The client is gone, or does not speak this language: it sees its connection end.
        } finally {
            connections.release();
        }
    }

    private boolean answer(int request, DataInputStream in, DataOutputStream out) throws IOException {
        switch (request) {
            case APPEND -> {
                long writer = in.readLong();
                long sequence = in.readLong();
                int length = in.readInt();
                if (length < 0 || length > JournalFile.MAX_RECORD_BYTES) {
                    return false;
                }
                byte[] payload = new byte[length];
                in.readFully(payload);
                long number = append(writer, sequence, payload);
                out.writeByte(OK);
                out.writeLong(number);
            }
            case COUNT -> {
                out.writeByte(OK);
                out.writeLong(journal.count());
            }
            case LIST -> list(in.readLong(), out);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** After an error nobody knows what is on the disk: the service ends, and begins anew from what is there. */
    private long append(long writer, long sequence, byte[] payload) throws IOException {
        try {
            return journal.append(writer, sequence, payload);
        } catch (IOException e) {
            if (!closing) {
                broken = e;
                socket.close();
            }
            throw e;
        }
    }

    private void list(long wanted, DataOutputStream out) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream records = new DataOutputStream(bytes);
        int[] count = new int[1];
        journal.readBack((writer, sequence, payload) -> {
            if (writer == wanted) {
                count[0]++;
                write(records, sequence, payload);
            }
        });
        out.writeByte(OK);
        out.writeInt(count[0]);
        bytes.writeTo(out);
    }

    private static void write(DataOutputStream out, long sequence, byte[] payload) {
        CRC32C checksum = new CRC32C();
        checksum.update(payload);
        try {
            out.writeLong(sequence);
            out.writeInt((int) checksum.getValue());
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot fail", e);
        }
    }

    @Override
    public void close() throws IOException {
        closing = true;
        socket.close();
        journal.close();
    }
}
