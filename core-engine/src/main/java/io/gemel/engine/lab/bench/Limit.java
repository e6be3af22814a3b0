package io.gemel.engine.lab.bench;

import io.gemel.engine.lab.Lab;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The least that any synchronous replication costs here: the bytes go to the other node over a plain TCP connection, a
 * byte comes back, then they are written locally. No file system, no copy at the other node.
 */
final class Limit {

    private static final int PORT = 7777;
    private static final int SMALL_BYTES = 4096;
    private static final int LARGE_BYTES = 1 << 20;
    private static final int CONNECT_MS = 10_000;
    private static final int SILENCE_MS = 30_000;
    private static final double WARM_UP_SHARE = 0.25;

    private Limit() {}

    /** Measures in a lab whose nodes run. */
    static Map<Metric, Double> run(Lab lab, BenchOptions options) {
        String address = "10.77.0.2";
        Process server = start(lab, GemelStation.SECOND, "serve", address);
        try {
            String output = new Place(lab, GemelStation.PRIMARY, "/srv/native")
                    .run(
                            Duration.ofSeconds(60 + 5L * options.seconds()),
                            String.join(" ", command()) + " measure \"$1\" $DIR/limit.dat \"$2\" \"$3\"",
                            address,
                            options.fileMebibytes(),
                            options.seconds());
            Map<Metric, Double> values = new EnumMap<>(Metric.class);
            for (Metric metric : List.of(
                    Metric.RANDOM_WRITE_MEAN,
                    Metric.RANDOM_WRITE_P99,
                    Metric.RANDOM_WRITE_IOPS,
                    Metric.SYNC_WRITE_IOPS,
                    Metric.SEQUENTIAL_WRITE)) {
                values.put(metric, Numbers.after(Pattern.compile(metric + " ([0-9.]+)"), output));
            }
            return values;
        } finally {
            end(server);
        }
    }

    private static List<String> command() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                absolute(System.getProperty("java.class.path")),
                Limit.class.getName());
    }

    private static String absolute(String classPath) {
        return String.join(
                ":",
                Arrays.stream(classPath.split(":", -1))
                        .map(part -> Path.of(part).toAbsolutePath().toString())
                        .toList());
    }

    private static Process start(Lab lab, String node, String... arguments) {
        List<String> command = new java.util.ArrayList<>(command());
        command.addAll(List.of(arguments));
        try {
            return lab.process(node, command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Inside a node: {@code serve ADDRESS} or {@code measure ADDRESS FILE MEBIBYTES SECONDS}. */
    public static void main(String[] args) throws IOException {
        if (args[0].equals("serve")) {
            serve(args[1]);
        } else {
            measure(args[1], Path.of(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
        }
    }

    private static void serve(String address) throws IOException {
        try (ServerSocket listening = new ServerSocket(PORT, 1, InetAddress.getByName(address));
                Socket socket = listening.accept()) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] bytes = new byte[LARGE_BYTES];
            while (true) {
                int length = in.readInt();
                in.readFully(bytes, 0, length);
                socket.getOutputStream().write(1);
            }
        }
    }

    private static Socket connect(String address) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CONNECT_MS);
        while (true) {
            Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, PORT), CONNECT_MS);
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(SILENCE_MS);
                return socket;
            } catch (IOException e) {
                socket.close();
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    private static void measure(String address, Path file, int mebibytes, int seconds) throws IOException {
        PrintStream out = System.out;
        try (Socket socket = connect(address);
                FileChannel local = FileChannel.open(
                        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            Meter meter = new Meter(socket, local, (long) mebibytes << 20);
            meter.lay();
            meter.run(SMALL_BYTES, true, false, seconds * WARM_UP_SHARE);
            meter.run(SMALL_BYTES, true, false, seconds);
            out.printf("%s %.3f%n", Metric.RANDOM_WRITE_MEAN, meter.meanUs());
            out.printf("%s %.3f%n", Metric.RANDOM_WRITE_P99, meter.percentileUs(0.99));
            out.printf("%s %.3f%n", Metric.RANDOM_WRITE_IOPS, meter.operations() / meter.seconds());
            meter.run(SMALL_BYTES, true, true, seconds);
            out.printf("%s %.3f%n", Metric.SYNC_WRITE_IOPS, meter.operations() / meter.seconds());
            meter.run(LARGE_BYTES, false, false, seconds);
            out.printf(
                    "%s %.3f%n",
                    Metric.SEQUENTIAL_WRITE, meter.operations() * (double) LARGE_BYTES / 1e6 / meter.seconds());
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Repeats one kind of operation for a time and keeps how long each took. */
    private static final class Meter {
        private static final int MOST_KEPT = 4_000_000;

        private final OutputStream send;
        private final InputStream receive;
        private final FileChannel local;
        private final long fileBytes;
        private final int[] tookNs = new int[MOST_KEPT];
        private int count;
        private double seconds;

        Meter(Socket socket, FileChannel local, long fileBytes) throws IOException {
            this.send = socket.getOutputStream();
            this.receive = socket.getInputStream();
            this.local = local;
            this.fileBytes = fileBytes;
        }

        void lay() throws IOException {
            ByteBuffer block = ByteBuffer.allocateDirect(LARGE_BYTES);
            for (long at = 0; at < fileBytes; at += LARGE_BYTES) {
                local.write(block.clear(), at);
            }
            local.force(true);
        }

        void run(int bytes, boolean random, boolean durable, double forSeconds) throws IOException {
            byte[] message =
                    ByteBuffer.allocate(Integer.BYTES + bytes).putInt(bytes).array();
            ByteBuffer block = ByteBuffer.allocateDirect(bytes);
            SplittableRandom dice = new SplittableRandom(bytes);
            long blocks = fileBytes / bytes;
            long begin = System.nanoTime();
            long end = begin + (long) (forSeconds * 1e9);
            long before = begin;
            count = 0;
            while (before < end && count < MOST_KEPT) {
                send.write(message);
                if (receive.read() < 0) {
                    throw new IOException("the other node closed the connection");
                }
                local.write(block.clear(), bytes * (random ? dice.nextLong(blocks) : count % blocks));
                if (durable) {
                    local.force(false);
                }
                long now = System.nanoTime();
                tookNs[count++] = (int) Math.min(now - before, Integer.MAX_VALUE);
                before = now;
            }
            seconds = (before - begin) / 1e9;
        }

        int operations() {
            return count;
        }

        double seconds() {
            return seconds;
        }

        double meanUs() {
            return seconds * 1e6 / count;
        }

        double percentileUs(double share) {
            int[] sorted = Arrays.copyOf(tookNs, count);
            Arrays.sort(sorted);
            return sorted[(int) (share * (count - 1))] / 1e3;
        }
    }
}
