package io.gemel.engine.node;

import io.gemel.engine.module.AddressAndPort;
import io.gemel.engine.module.WitnessConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/** Witnesses that only have to be reached: any of them will do. They cannot tell two nodes apart that both reach them. */
final class NetworkWitness implements Witness {

    private static final int PINGS = 3;
    private static final int LEAST_HTTP_ERROR = 400;

    private final List<WitnessConfig> witnesses;

    NetworkWitness(List<WitnessConfig> witnesses) {
        this.witnesses = List.copyOf(witnesses);
    }

    /** Those of the configuration, or none. */
    static Witness of(List<WitnessConfig> witnesses) {
        return witnesses.isEmpty() ? NONE : new NetworkWitness(witnesses);
    }

    @Override
    public void ask(String module, long generation, Answer answer) {
        Thread.ofVirtual().name("witness-" + module).start(() -> {
            Optional<WitnessConfig> reached = reachAny();
            answer.said(
                    reached.isPresent(),
                    false,
                    reached.map(witness -> "the witness (" + witness + ") answers")
                            .orElseGet(() -> "no witness answers ("
                                    + witnesses.stream()
                                            .map(WitnessConfig::toString)
                                            .collect(Collectors.joining(", "))
                                    + ")"));
        });
    }

    private Optional<WitnessConfig> reachAny() {
        AtomicReference<WitnessConfig> reached = new AtomicReference<>();
        CountDownLatch open = new CountDownLatch(witnesses.size());
        CountDownLatch one = new CountDownLatch(1);
        for (WitnessConfig witness : witnesses) {
            Thread.ofVirtual().start(() -> {
                if (reach(witness)) {
                    reached.compareAndSet(null, witness);
                    one.countDown();
                }
                open.countDown();
                if (open.getCount() == 0) {
                    one.countDown();
                }
            });
        }
        try {
            var _ = one.await(ANSWER_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.ofNullable(reached.get());
    }

    private static boolean reach(WitnessConfig witness) {
        try {
            return switch (witness.kind()) {
                case PING -> ping(InetAddress.ofLiteral(witness.address()));
                case TCP -> connect(witness.address());
                case HTTP -> get(witness.address());
                case LEASE -> throw new IllegalArgumentException("a lease is asked, not only reached");
            };
        } catch (IOException | IllegalArgumentException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean ping(InetAddress address) throws IOException {
        for (int i = 0; i < PINGS; i++) {
            if (address.isReachable((int) ANSWER_MS / PINGS)) {
                return true;
            }
        }
        return false;
    }

    private static boolean connect(String address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(AddressAndPort.parse(address).orElseThrow(), (int) ANSWER_MS);
            return true;
        }
    }

    private static boolean get(String url) throws IOException, InterruptedException {
        Duration within = Duration.ofMillis(ANSWER_MS);
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(within).build()) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(url)).timeout(within).build();
            return client.send(request, BodyHandlers.discarding()).statusCode() < LEAST_HTTP_ERROR;
        }
    }
}
