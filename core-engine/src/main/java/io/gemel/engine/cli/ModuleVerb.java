package io.gemel.engine.cli;

import io.gemel.engine.control.LocalClient;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Verb;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A verb that commands a module on a node; returns when it is done. */
abstract class ModuleVerb implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "MODULE", description = "Name of the module.")
    String module;

    @Option(names = "--node", paramLabel = "NAME", defaultValue = "", description = "On that node instead of this one.")
    private String node;

    @Option(names = "--json", description = "Print the outcome as JSON.")
    private boolean json;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "How long to wait for the end (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", hidden = true)
    private Path run;

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

    LocalClient client() {
        return new LocalClient(run.resolve("engine.sock"));
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

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        CommandRequest request =
                new CommandRequest(UUID.randomUUID().toString(), verb(), module, node, force(), reason(), fullSync());
        CommandUpdate end = client().command(request, timeout(), update -> {
            if (!json && update.stage() == CommandUpdate.Stage.PROGRESS) {
                err.println("  " + update.text());
            }
        });
        boolean done = end.stage() == CommandUpdate.Stage.DONE;
        if (json) {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("done", done);
            tree.put("text", end.text());
            tree.put("nextStep", end.nextStep());
            out.println(Json.of(tree));
        } else if (done) {
            out.println(module + ": " + end.text());
        } else {
            throw new Problem(end.text(), end.nextStep());
        }
        if (done) {
            afterwards(err);
        }
        return done ? ExitCode.OK : ExitCode.REFUSED;
    }
}
