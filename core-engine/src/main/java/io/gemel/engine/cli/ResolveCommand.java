package io.gemel.engine.cli;

import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Ends a split brain: one node's data goes on, the other node becomes its second. */
@Command(
        name = "resolve",
        description = {
            "End two histories: keep the data of one node.",
            "Each file that the other node changed by itself is kept there under .gemel/kept before it is overwritten."
        })
final class ResolveCommand implements Callable<Integer> {

    private static final Duration STATE_TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_AGAIN = 10;
    private static final long AGAIN_MS = 500;
    private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(10);

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODULE", description = "Name of the module.")
    private String module;

    @Option(names = "--keep", required = true, paramLabel = "NODE", description = "The node whose data goes on.")
    private String keep;

    @Mixin
    private Reach reach;

    @Override
    public Integer call() throws InterruptedException {
        ModuleState state = reach.state(STATE_TIMEOUT).modules().stream()
                .filter(each -> each.name().equals(module))
                .findFirst()
                .orElseThrow(() -> new Problem("there is no module " + module, "gemel state shows the modules"));
        NodeState kept = node(state, keep);
        NodeState other = state.nodes().stream()
                .filter(each -> !each.equals(kept))
                .findFirst()
                .orElseThrow();
        if (!kept.hasTwoHistories() && !other.hasTwoHistories()) {
            throw new Problem(
                    module + " does not have two histories: " + kept.node() + " is " + kept.state() + ", "
                            + other.node() + " is " + other.state(),
                    "nothing is to be resolved: gemel state " + module);
        }
        if (!kept.state().isPrimary()) {
            command(Verb.PRIM, kept.node(), true);
        }
        command(Verb.SECOND, other.node(), false);
        return ExitCode.OK;
    }

    private NodeState node(ModuleState state, String name) {
        List<String> names = state.nodes().stream().map(NodeState::node).toList();
        return state.nodes().stream()
                .filter(each -> each.node().equals(name))
                .findFirst()
                .orElseThrow(() -> new Problem(
                        "no node of " + module + " is called " + name, "one of: " + String.join(", ", names)));
    }

    private void command(Verb verb, String node, boolean force) throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        CommandUpdate end = send(verb, node, force, err);
        // What was done on the one node may move the role of the other: that is no stale screen.
        for (int again = 0; again < MOST_AGAIN && end.refused().equals(Optional.of(RefusalReason.MOVED_ON)); again++) {
            Thread.sleep(AGAIN_MS);
            end = send(verb, node, force, err);
        }
        if (end.stage() != CommandUpdate.Stage.DONE) {
            throw new Problem(end.text(), end.nextStep());
        }
        out.println(module + ": " + end.text());
    }

    private CommandUpdate send(Verb verb, String node, boolean force, PrintWriter err) {
        CommandRequest request = new CommandRequest(
                UUID.randomUUID().toString(),
                verb,
                module,
                node,
                force,
                force ? "gemel resolve --keep " + keep : "",
                false);
        return reach.command(request, COMMAND_TIMEOUT, update -> {
            if (update.stage() == CommandUpdate.Stage.PROGRESS) {
                err.println("  " + update.text());
            }
        });
    }
}
