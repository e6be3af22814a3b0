package io.gemel.engine.lab.volatiledisk;

import io.gemel.engine.fuse.FuseMount;
import io.gemel.engine.fuse.HeldMount;
import io.gemel.engine.os.Mounts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process of a node's volatile disk: it lives from the node's power-on to its power-off. It runs in a mount namespace
 * of its own, so that its file system is nobody else's to hold, and goes with it.
 *
 * <p>Its end, however it comes, is a power cut: what was not flushed was in a file without a name.
 */
public final class DiskServer {

    static final String ATTACH = "attach";
    static final String CUT = "cut";
    static final String OK = "ok";

    private static final int WORKERS = 4;
    private static final long LOSETUP_TIMEOUT_MS = 15_000;
    private static final long WATCH_MS = 500;

    private final DiskPlaces places;
    private final VolatileStore store;

    private DiskServer(DiskPlaces places, VolatileStore store) {
        this.places = places;
        this.store = store;
    }

    /** Serves the disk in this process until its power is cut or its directory is gone. */
    public static void serve(DiskPlaces places) {
        try {
            Files.writeString(
                    places.pid(), Long.toString(ProcessHandle.current().pid()));
            watch(places);
            Files.createDirectories(places.mount());
            Files.deleteIfExists(places.socket());
            VolatileStore store = VolatileStore.open(places.image(), places.overlay());
            FuseMount.mount(
                    places.mount().toString(),
                    "gemel:disk",
                    Mounts.MS_NOSUID | Mounts.MS_NODEV,
                    FuseMount.openDevices(WORKERS),
                    HeldMount.none(),
                    new ImageFileSystem(places.image().getFileName().toString(), store));
            new DiskServer(places, store).takeOrders();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends this process when the lab is gone, whatever became of those who were to end it. */
    private static void watch(DiskPlaces places) {
        Thread watcher = new Thread(
                () -> {
                    while (Files.exists(places.pid())) {
                        try {
                            Thread.sleep(WATCH_MS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return;
                        }
                    }
                    Runtime.getRuntime().halt(1);
                },
                "disk-watcher");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** One line an order, one connection an order; returns after a cut. */
    private void takeOrders() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(places.socket()));
            boolean cut = false;
            while (!cut) {
                try (SocketChannel client = server.accept()) {
                    String order = new BufferedReader(
                                    new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8))
                            .readLine();
                    if (order == null) {
                        continue;
                    }
                    cut = order.startsWith(CUT);
                    client.write(ByteBuffer.wrap((answer(order) + "\n").getBytes(StandardCharsets.UTF_8)));
                }
            }
        }
    }

    private String answer(String order) {
        String[] words = order.split(" ", -1);
        try {
            return switch (words[0]) {
                case ATTACH -> OK + " " + attach();
                case CUT -> {
                    PowerCut.Outcome outcome =
                            store.cut(new PowerCut(PowerCut.Loss.valueOf(words[1]), Long.parseLong(words[2])));
                    yield String.join(
                            " ",
                            OK,
                            Long.toString(outcome.lostBlocks()),
                            Long.toString(outcome.keptBlocks()),
                            Long.toString(outcome.tornBytes()));
                }
                default -> "no such order: " + order;
            };
        } catch (IOException | RuntimeException e) {
            return "failed: " + e;
        }
    }

    /** Puts a loop device on the served image; its name. Direct: the device then has several writes under way at once. */
    private String attach() throws IOException {
        Process losetup = new ProcessBuilder(List.of(
                        "losetup",
                        "--find",
                        "--show",
                        "--direct-io=on",
                        places.servedImage().toString()))
                .redirectErrorStream(true)
                .start();
        try {
            if (!losetup.waitFor(LOSETUP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                losetup.destroyForcibly();
                throw new IOException("losetup was not done after " + LOSETUP_TIMEOUT_MS + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        String said = new String(losetup.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (losetup.exitValue() != 0) {
            throw new IOException("losetup: " + said);
        }
        Files.writeString(places.device(), said);
        return said;
    }
}
