package io.gemel.engine.cli;

import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A verb that commands a module on a node; returns when it is done. */
abstract class ModuleVerb implements Callable<Integer> {

    private static final long POLL_MS = 500;
    private static final int MOST_AGAIN = 10;
    private static final Duration STATE_TIMEOUT = Duration.ofSeconds(10);

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "MODULE", description = "Name of the module.")
    String module;

    @Option(
            names = {"--node", "-H"},
            paramLabel = "NAME",
            defaultValue = "",
            description = "On that node instead of this one; '*' means all.")
    private String node;

    @Option(names = "--all", description = "On all nodes, one after the other.")
    private boolean all;

    @Option(names = "--json", description = "Print the outcome as JSON.")
    private boolean json;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "How long to wait for the end (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Mixin
    private Reach reach;

    private final Verb verb;

    ModuleVerb(Verb verb) {
        this.verb = verb;
    }

    Verb verb() {
        return verb;
    }

    boolean force() {
        return false;
    }

    String reason() {
        return "";
    }

    boolean fullSync() {
        return false;
    }

    Duration timeout() {
        return Duration.ofSeconds(timeoutSeconds);
    }

    String nodeName() {
        return node;
    }

    boolean json() {
        return json;
    }

    /** What else is to be waited for once the command is done. */
    void afterwards(PrintWriter progress) throws InterruptedException {}

    /** The module as this node sees it. */
    ModuleState state() {
        return reach.state(STATE_TIMEOUT).modules().stream()
                .filter(each -> each.name().equals(module))
                .findFirst()
                .orElseThrow(() ->
                        new Problem("there is no module \"" + module + "\"", "gemel state shows those there are"));
    }

    /** Until the second has everything. */
    void awaitSecond(PrintWriter progress) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeout().toNanos();
        String before = "";
        while (true) {
            ModuleState state = state();
            boolean ready = state.nodes().stream()
                    .anyMatch(each -> each.state() == State.SECOND && each.readiness() == Readiness.READY);
            if (ready) {
                return;
            }
            String now = StateCommand.resyncLine(state);
            if (!json && !now.isEmpty() && !now.equals(before)) {
                progress.println("  " + now);
                before = now;
            }
            if (System.nanoTime() > deadlineNs) {
                throw new Problem(
                        "the copy was not whole within " + timeout().toSeconds() + " s; it goes on",
                        "gemel state " + module);
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** Sends a command and waits for its end. */
    CommandUpdate command(Verb what, String where, PrintWriter progress) throws InterruptedException {
        CommandRequest request =
                new CommandRequest(UUID.randomUUID().toString(), what, module, where, force(), reason(), fullSync());
        return reach.command(request, timeout(), update -> {
            if (!json && update.stage() == CommandUpdate.Stage.PROGRESS) {
                progress.println("  " + update.text());
            }
        });
    }

    private static boolean hasMoved(CommandUpdate end) {
        return end.refused().equals(Optional.of(RefusalReason.MOVED_ON));
    }

    /** On which nodes, one after the other; empty: on the one that is asked. */
    private List<String> where() {
        boolean everywhere = all || node.equals("*");
        return everywhere ? state().nodes().stream().map(NodeState::node).toList() : List.of(node);
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        List<Map<String, Object>> ends = new ArrayList<>();
        boolean done = true;
        List<String> nodes = where();
        for (String each : nodes) {
            CommandUpdate end = command(verb(), each, err);
            // What was done on the first may move the role of the second: that is no stale screen.
            for (int again = 0; nodes.indexOf(each) > 0 && hasMoved(end) && again < MOST_AGAIN; again++) {
                Thread.sleep(POLL_MS);
                end = command(verb(), each, err);
            }
            boolean isDone = end.stage() == CommandUpdate.Stage.DONE;
            if (json) {
                Map<String, Object> tree = new LinkedHashMap<>();
                tree.put("done", isDone);
                tree.put("text", end.text());
                tree.put("nextStep", end.nextStep());
                ends.add(tree);
            } else if (isDone) {
                out.println(module + ": " + end.text());
            } else {
                throw new Problem(end.text(), end.nextStep());
            }
            done &= isDone;
        }
        if (json) {
            out.println(Json.of(ends.size() == 1 ? ends.getFirst() : ends));
        }
        if (done) {
            afterwards(err);
        }
        return done ? ExitCode.OK : ExitCode.REFUSED;
    }
}
