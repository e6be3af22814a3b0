package io.gemel.engine.cli;

import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.CheckerState;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.ResyncProgress;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.UnsharedChanges;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel state}: is the service up, am I protected, and then the nodes. */
@Command(name = "state", description = "Is the service up? Am I protected? And the state of each module on each node.")
final class StateCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int PERCENT = 100;
    private static final DateTimeFormatter SINCE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "MODULE", defaultValue = "", description = "Only this module.")
    private String module;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private Reach reach;

    @Override
    public Integer call() {
        ClusterState state = reach.state(TIMEOUT);
        List<ModuleState> shown = state.modules().stream()
                .filter(each -> module.isEmpty() || each.name().equals(module))
                .toList();
        if (shown.isEmpty() && !module.isEmpty()) {
            throw new Problem(
                    "there is no module \"" + module + "\" " + (reach.isRemote() ? "in this cluster" : "on this node"),
                    "gemel state shows those there are");
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(
                    io.gemel.protocol.wire.Json.write(ClusterState.class, new ClusterState(state.cluster(), shown)));
            return ExitCode.OK;
        }
        if (shown.isEmpty()) {
            out.println("cluster " + state.cluster() + " has no modules");
            out.println("  next: gemel module add");
        }
        for (ModuleState each : shown) {
            show(each, out);
        }
        return ExitCode.OK;
    }

    private static void show(ModuleState module, PrintWriter out) {
        out.println(module.name() + ": service " + (module.serviceUp() ? "UP" : "DOWN") + ", "
                + (module.isProtected() ? "protected" : "NOT PROTECTED"));
        Table table = new Table("  NODE", "STATE", "DATA", "VIRTUAL IP", "LINK", "AGE", "REASON");
        for (NodeState node : module.nodes()) {
            table.row(
                    "  " + node.node(),
                    node.state() == State.STOP
                            ? "STOP"
                            : node.state() + " " + node.readiness() + (node.degraded() ? " degraded" : ""),
                    node.dataStatus().name(),
                    node.virtualIps().isEmpty() ? "-" : String.join(",", node.virtualIps()),
                    node.link().up() ? (node.link().encrypted() ? "up" : "up, not encrypted") : "down",
                    age(node.ageMs()),
                    node.reason());
        }
        table.lines().forEach(out::println);
        for (NodeState node : module.nodes()) {
            node.unshared()
                    .filter(unshared -> unshared.objects() > 0)
                    .ifPresent(unshared -> out.println("  " + line(node.node(), unshared)));
        }
        for (NodeState node : module.nodes()) {
            node.snapshotSinceMs()
                    .ifPresent(since -> out.println("  " + node.node() + " keeps its whole state of " + time(since)
                            + " (gemel prim --force puts it back) until the copy is whole"));
        }
        for (NodeState node : module.nodes()) {
            node.checkers().stream()
                    .filter(checker -> checker.result() != CheckerResult.UNKNOWN)
                    .forEach(checker -> out.println("  " + line(node.node(), checker)));
        }
        String resync = resyncLine(module);
        if (!resync.isEmpty()) {
            out.println("  " + resync);
        }
    }

    private static String line(String node, UnsharedChanges unshared) {
        String since = unshared.sinceMs() == 0 ? "" : " since " + time(unshared.sinceMs());
        return node + " alone has" + since + ": " + unshared.objects() + " changed or new files and directories, "
                + (unshared.atLeast() ? "at least " : "") + size(unshared.bytes());
    }

    private static String line(String node, CheckerState checker) {
        return node + " " + checker.name() + " " + checker.result().word() + " for " + age(checker.sinceMs())
                + (checker.reason().isEmpty() ? "" : ": " + checker.reason());
    }

    private static String time(long epochMs) {
        return SINCE.format(Instant.ofEpochMilli(epochMs).atZone(ZoneId.systemDefault()));
    }

    private static String age(long ageMs) {
        if (ageMs == Long.MAX_VALUE) {
            return "never";
        }
        return ageMs < 1_000
                ? "now"
                : Duration.ofSeconds(ageMs / 1_000).toString().substring(2).toLowerCase(Locale.ROOT);
    }

    /** How far the copy is, in a line; empty while none runs. */
    static String resyncLine(ModuleState module) {
        return module.nodes().stream()
                .flatMap(node -> node.resync().stream())
                .findFirst()
                .map(StateCommand::line)
                .orElse("");
    }

    private static String line(ResyncProgress resync) {
        long percent = resync.bytesTotal() == 0 ? 0 : PERCENT * resync.bytesDone() / resync.bytesTotal();
        return "copying (" + resync.phase() + "): " + percent + "% of " + size(resync.bytesTotal()) + ", "
                + resync.filesDone() + " of " + resync.filesTotal() + " files"
                + (resync.secondsLeft() < 0 ? "" : ", about " + resync.secondsLeft() + " s left");
    }

    private static String size(long bytes) {
        double value = bytes;
        for (String unit : List.of("B", "KiB", "MiB", "GiB")) {
            if (value < 1_024) {
                return String.format(Locale.ROOT, unit.equals("B") ? "%.0f %s" : "%.1f %s", value, unit);
            }
            value /= 1_024;
        }
        return String.format(Locale.ROOT, "%.1f TiB", value);
    }
}
