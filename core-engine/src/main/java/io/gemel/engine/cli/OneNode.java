package io.gemel.engine.cli;

import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Requests;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Which node of a cluster is looked at: the option, and the look. */
final class OneNode {

    /** A snapshot asks many programs, each of which may take its time. */
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    @Option(
            names = {"--node", "-H"},
            paramLabel = "NAME",
            defaultValue = "",
            description = "With --cluster: that node, instead of whichever answers.")
    private String node;

    /** A node can be chosen only where there are several. */
    void refuseHere() {
        if (!node.isEmpty()) {
            throw new Problem(
                    "without --cluster this is about the node that it runs on",
                    "run it on " + node + ", or on a paired machine with --cluster NAME --node " + node);
        }
    }

    Messages.Seen look(Reach reach, Messages.Look at) {
        return reach.on(node)
                .ask(request -> Requests.look(request, at), TIMEOUT)
                .seen()
                .orElseThrow();
    }
}
