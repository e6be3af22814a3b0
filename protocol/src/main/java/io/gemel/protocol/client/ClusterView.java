package io.gemel.protocol.client;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeReport;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.State;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a client knows of a cluster: of each module what each node said of itself last, however it came. Nothing that a
 * node did not sign itself gets in, and nothing older than what is there. Not for several threads.
 */
public final class ClusterView {

    /** From this age on what a node said counts neither as service nor as protection, in milliseconds. */
    public static final long STALE_MS = 5_000;

    private record Seen(NodeReport report, long knownMs) {}

    private final String cluster;
    private final Map<String, Map<String, Seen>> modules = new TreeMap<>();
    private final Map<String, Long> lastEvents = new HashMap<>();
    private String name = "";
    private List<Messages.NodeAddress> nodes = List.of();

    /** Of a cluster, nothing known yet. */
    public ClusterView(String cluster, List<Messages.NodeAddress> nodes) {
        this.cluster = cluster;
        this.nodes = List.copyOf(nodes);
    }

    /** What the cluster is called; only nodes that were pinned stay. */
    void named(String clusterName) {
        name = clusterName;
    }

    /**
     * Takes what a node said of itself.
     *
     * @param from the node whose signature of the frame was checked: what it says of itself is proven by that
     * @param nowMs of a clock that never goes back
     * @return whether it is new
     * @throws RefusedException it is not signed by a node of this cluster
     */
    boolean report(Messages.Told told, String from, long nowMs) {
        Statement statement = told.statement();
        check(statement, from);
        NodeReport report = statement.report();
        if (!report.node().equals(statement.node()) || !report.cluster().equals(cluster)) {
            throw forged(statement);
        }
        Map<String, Seen> module = modules.computeIfAbsent(report.module(), key -> new HashMap<>());
        Seen before = module.get(report.node());
        if (before != null && before.report().number() >= report.number()) {
            return false;
        }
        module.put(report.node(), new Seen(report, nowMs - Math.max(0, told.relayAgeMs())));
        return true;
    }

    /** Whether an event is new; {@link RefusedException} as of {@link #report}. */
    boolean event(Messages.Told told, String from) {
        Statement statement = told.statement();
        check(statement, from);
        long number = statement.event().number();
        if (number <= lastEvents.getOrDefault(statement.node(), 0L)) {
            return false;
        }
        lastEvents.put(statement.node(), number);
        return true;
    }

    private void check(Statement statement, String from) {
        boolean isPinned = nodes.stream().anyMatch(node -> node.node().equals(statement.node()));
        if (!isPinned || !(statement.node().equals(from) || statement.isSigned(cluster))) {
            throw forged(statement);
        }
    }

    private static RefusedException forged(Statement statement) {
        return new RefusedException(
                RefusalReason.BAD_SIGNATURE,
                "what " + statement.node() + " is said to have said is not signed by it",
                "the node that passes it on makes things up, or is of another version");
    }

    /** How far the events of each node are known: where to go on after a reconnect. */
    List<Messages.Cursor> cursors() {
        return nodes.stream()
                .map(node -> new Messages.Cursor(node.node(), lastEvents.getOrDefault(node.node(), -1L)))
                .toList();
    }

    /** The epoch of a module on a node as it was seen last, see {@link NodeReport}; empty when it was not. */
    public Optional<Long> epoch(String module, String node) {
        return Optional.ofNullable(modules.getOrDefault(module, Map.of()).get(node))
                .map(seen -> seen.report().epoch());
    }

    /**
     * Everything at a glance, with the age of each part.
     *
     * @param nowMs of the clock that never goes back
     */
    public ClusterState state(long nowMs) {
        List<ModuleState> states = new ArrayList<>();
        modules.forEach((module, seen) -> {
            Mode mode = seen.values().stream()
                    .findFirst()
                    .map(each -> each.report().mode())
                    .orElse(Mode.MIRROR);
            states.add(ModuleState.of(
                    module,
                    mode,
                    nodes.stream()
                            .map(node -> state(node, Optional.ofNullable(seen.get(node.node())), nowMs))
                            .toList()));
        });
        return new ClusterState(name, states);
    }

    private static NodeState state(Messages.NodeAddress node, Optional<Seen> seen, long nowMs) {
        if (seen.isEmpty()) {
            return new NodeState(
                    node.name(),
                    State.WAIT,
                    Readiness.NOT_READY,
                    DataStatus.OUTDATED,
                    false,
                    "nothing was heard of " + node.name() + " so far",
                    List.of(),
                    Long.MAX_VALUE,
                    LinkState.DOWN,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
        NodeState said = seen.get().report().state();
        long ageMs = said.ageMs() + Math.max(0, nowMs - seen.get().knownMs());
        boolean isStale = ageMs > STALE_MS;
        return new NodeState(
                node.name(),
                said.state(),
                isStale ? Readiness.NOT_READY : said.readiness(),
                said.dataStatus(),
                !isStale && said.degraded(),
                isStale ? "nothing was heard of " + node.name() + "; last known: " + said.reason() : said.reason(),
                isStale ? List.of() : said.virtualIps(),
                ageMs,
                isStale ? LinkState.DOWN : said.link(),
                isStale ? Optional.empty() : said.resync(),
                said.unshared(),
                said.snapshotSinceMs(),
                isStale ? List.of() : said.checkers());
    }
}
