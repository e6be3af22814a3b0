package io.gemel.engine.node;

import io.gemel.engine.control.CommandService;
import io.gemel.engine.control.ControlPlane;
import io.gemel.engine.control.ControlServer;
import io.gemel.engine.control.ControlSettings;
import io.gemel.engine.control.NodeSigner;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.net.ServerTls;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A node of a cluster that does not exist yet: it has no module, and all that can be done with it from outside is to
 * answer an offer and join. It holds the engine's lock and writes into the journal and the audit log that the engine
 * will have.
 */
public final class Reception implements AutoCloseable {

    private final EngineLock lock;
    private final Journal journal;
    private final ControlPlane plane;
    private final ControlServer server;

    private Reception(EngineLock lock, Journal journal, ControlPlane plane, ControlServer server) {
        this.lock = lock;
        this.journal = journal;
        this.plane = plane;
        this.server = server;
    }

    /**
     * Opens it; a {@link Problem} when it cannot, and then nothing is left open.
     *
     * @param cluster id of the cluster that is to be
     * @param clusterName what people will call it
     * @param node name of this node
     * @param addresses where servers reach it, {@code host:port}
     * @param listen where it listens
     */
    public static Reception open(
            Engine.Places places,
            NodeKey key,
            String cluster,
            String clusterName,
            String node,
            List<String> addresses,
            InetSocketAddress listen) {
        EngineLock lock = EngineLock.take(places.run());
        Journal journal = null;
        ControlPlane plane = null;
        try {
            journal = Journal.open(places.lib().resolve("journal"), key.keyHash());
            ControlSettings settings = new ControlSettings(
                    cluster,
                    clusterName,
                    node,
                    List.of(new Messages.NodeAddress(key.keyHash(), node, addresses)),
                    new NodeSigner(key),
                    listen,
                    ControlSettings.Limits.STANDARD);
            plane = new ControlPlane(
                    settings, journal, new NoModules(clusterName), List::of, json -> false, System::currentTimeMillis);
            plane.start();
            return new Reception(lock, journal, plane, listen(plane, key, listen.getPort()));
        } catch (RuntimeException | Error e) {
            if (plane != null) {
                plane.close();
            }
            if (journal != null) {
                journal.close();
            }
            lock.close();
            throw e;
        }
    }

    private static ControlServer listen(ControlPlane plane, NodeKey key, int port) {
        try {
            return ControlServer.open(plane, new ServerTls(key));
        } catch (Problem e) {
            throw new Problem(
                    "this server cannot listen at port " + port + " for the second one: "
                            + e.getCause().getMessage(),
                    "see what does already: ss -ltnp sport = :" + port,
                    e);
        }
    }

    /** Asks as the administrator on this node does; a {@link Problem} when it is refused, or is not answered in time. */
    public Messages.Answer ask(UnaryOperator<Messages.Request> question, Duration timeout) {
        CompletableFuture<Messages.Answer> answer = new CompletableFuture<>();
        plane.local(question.apply(Messages.Request.empty("1")), answer::complete);
        try {
            Messages.Answer said = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            said.refusal().ifPresent(why -> {
                throw why.problem();
            });
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem("interrupted", "begin again", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new Problem("nothing happened within " + timeout.toSeconds() + " s", "begin again", e);
        }
    }

    /** Ends, after what was said has gone out. */
    @Override
    public void close() {
        server.close();
        plane.close();
        journal.close();
        lock.close();
    }

    private record NoModules(String cluster) implements CommandService {
        @Override
        public ClusterState state() {
            return new ClusterState(cluster, List.of());
        }

        @Override
        public List<LoggedEvent> events(EventQuery query) {
            return List.of();
        }

        @Override
        public void command(CommandRequest request, Consumer<CommandUpdate> updates) {
            updates.accept(CommandUpdate.failed(
                    request.id(), new Problem("this cluster does not exist yet", "gemel engine, on both nodes")));
        }
    }
}
