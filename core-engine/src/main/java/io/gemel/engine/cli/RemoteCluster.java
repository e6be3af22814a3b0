package io.gemel.engine.cli;

import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.client.ClusterClient;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Signer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A cluster for the length of one command line: the client of the protocol, waited for. */
final class RemoteCluster implements AutoCloseable {

    private static final long CONNECT_MS = 15_000;
    /** After the first words, how long the other node is waited for before the state is shown without it. */
    private static final long SECOND_NODE_MS = 1_500;

    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Transport transport;
    private final ClusterClient client;
    private final ClusterAccess access;

    private RemoteCluster(Transport transport, ClusterClient client, ClusterAccess access) {
        this.transport = transport;
        this.client = client;
        this.access = access;
    }

    /** Connects; a {@link Problem} when no node lets this device in. */
    static RemoteCluster open(ClusterAccess access, Signer device, ClusterListener listener) {
        Transport transport = Transport.create();
        RemoteCluster remote =
                new RemoteCluster(transport, ClusterClient.open(transport, access, device, listener), access);
        boolean done = false;
        try {
            remote.connect();
            done = true;
            return remote;
        } finally {
            if (!done) {
                remote.close();
            }
        }
    }

    private void connect() {
        until(CONNECT_MS, () -> client.connected().isDone() || isFinal(client.whyDisconnected()));
        if (!client.connected().isDone()) {
            throw client.whyDisconnected()
                    .map(Refusal::problem)
                    .orElseGet(() -> new Problem(
                            "no node of " + access.name() + " answered within " + CONNECT_MS / 1_000 + " s",
                            "see the network, and that the engines run"));
        }
    }

    /** Waiting changes nothing about these. */
    private static boolean isFinal(Optional<Refusal> why) {
        return why.map(Refusal::reason)
                .filter(reason -> reason == RefusalReason.NO_GRANT
                        || reason == RefusalReason.EXPIRED
                        || reason == RefusalReason.VERSION)
                .isPresent();
    }

    private static boolean until(long withinMs, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMs);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNs) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return true;
    }

    /** What both nodes say, or one, when the other is not heard within a moment. */
    ClusterState state(Duration timeout) {
        until(timeout.toMillis(), () -> !client.state().modules().isEmpty());
        until(
                SECOND_NODE_MS,
                () -> client.state().modules().stream()
                        .allMatch(module -> module.nodes().stream().allMatch(node -> node.ageMs() < Long.MAX_VALUE)));
        return client.state();
    }

    /** Sends a command and waits for its end. */
    CommandUpdate command(CommandRequest request, Duration timeout, Consumer<CommandUpdate> updates) {
        state(timeout);
        return wait(client.command(request, updates), timeout, "what became of it; it may still be done");
    }

    /** Asks the node of the session. */
    Messages.Answer ask(UnaryOperator<Messages.Request> question, Duration timeout) {
        return wait(client.ask(question), timeout, "an answer");
    }

    private static <T> T wait(CompletableFuture<T> future, Duration timeout, String what) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RefusedException refused) {
                throw refused.refusal().problem();
            }
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new Problem(
                    "the cluster did not say within " + timeout.toSeconds() + " s " + what,
                    "gemel state shows it; --timeout SECONDS waits longer",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("interrupted", "gemel state", e);
        }
    }

    @Override
    public void close() {
        client.close();
        transport.close();
    }
}
