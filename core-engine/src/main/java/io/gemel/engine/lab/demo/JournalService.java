package io.gemel.engine.lab.demo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Runs the journal service in this process. */
public final class JournalService {

    private JournalService() {}

    /**
     * Serves a directory until the process is told to end.
     *
     * @param listening told the address once clients can connect
     */
    public static void serve(Path directory, InetSocketAddress address, Consumer<InetSocketAddress> listening) {
        JournalServer server = JournalServer.open(directory, address);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server), "journal-service-ends"));
        listening.accept(server.address());
        server.serve();
    }

    private static void close(JournalServer server) {
        try {
            server.close();
        } catch (IOException e) {
            // Every acknowledged record is on disk already.
        }
    }
}
