package io.gemel.engine.cli;

import io.gemel.engine.control.LocalClient;
import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;

/** The options that say which engine is meant, and the way to it: this node's, or a cluster this device is paired with. */
final class Reach {

    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            defaultValue = "",
            description = "A cluster that this device is paired with, instead of the engine on this node.")
    private String cluster;

    @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", hidden = true)
    private Path run;

    @Option(names = "--device", paramLabel = "DIR", hidden = true)
    private Path device;

    /** The only node that is asked; empty: whichever answers. */
    private String node = "";

    /** Stays for the length of the command line. */
    private Optional<RemoteCluster> session = Optional.empty();

    private RemoteCluster session() {
        if (session.isEmpty()) {
            session = Optional.of(remote(new ClusterListener() {}));
        }
        return session.get();
    }

    /** From now on only this node of the cluster is asked; empty: whichever answers. */
    Reach on(String onlyNode) {
        if (!onlyNode.equals(node)) {
            node = onlyNode;
            session.ifPresent(RemoteCluster::close);
            session = Optional.empty();
        }
        return this;
    }

    /** Where the engine of this node leaves what need not survive. */
    Path run() {
        return run;
    }

    /** Whether a cluster was named. */
    boolean isRemote() {
        return !cluster.isEmpty();
    }

    DeviceStore store() {
        return new DeviceStore(device == null ? DeviceStore.standard() : device);
    }

    LocalClient local() {
        return new LocalClient(run.resolve("engine.sock"));
    }

    /** A session with the cluster that was named. */
    RemoteCluster remote(ClusterListener listener) {
        DeviceStore store = store();
        return RemoteCluster.open(only(store.cluster(cluster)), store.key(), listener);
    }

    /** All nodes stay pinned, so that what the others sign counts; only the one that is wanted has addresses. */
    private ClusterAccess only(ClusterAccess access) {
        List<String> names =
                access.nodes().stream().map(Messages.NodeAddress::name).toList();
        if (!node.isEmpty() && !names.contains(node)) {
            throw new Problem(
                    "there is no node \"" + node + "\" in " + access.name(), "one of: " + String.join(", ", names));
        }
        return new ClusterAccess(
                access.cluster(),
                access.name(),
                access.nodes().stream()
                        .map(each -> node.isEmpty() || each.name().equals(node)
                                ? each
                                : new Messages.NodeAddress(each.node(), each.name(), List.of()))
                        .toList());
    }

    ClusterState state(Duration timeout) {
        if (!isRemote()) {
            return local().state(timeout);
        }
        return session().state(timeout);
    }

    CommandUpdate command(CommandRequest request, Duration timeout, Consumer<CommandUpdate> updates) {
        if (!isRemote()) {
            return local().command(request, timeout, updates);
        }
        return session().command(request, timeout, updates);
    }

    /** A question about devices or the audit log; a Problem when it is refused. */
    Messages.Answer ask(UnaryOperator<Messages.Request> question, Duration timeout) {
        if (!isRemote()) {
            String id = UUID.randomUUID().toString();
            return local().control(question.apply(Messages.Request.empty(id)), timeout);
        }
        return session().ask(question, timeout);
    }
}
