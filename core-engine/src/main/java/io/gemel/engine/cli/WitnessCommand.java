package io.gemel.engine.cli;

import io.gemel.engine.module.AddressAndPort;
import io.gemel.engine.witness.WitnessServer;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel witness}: on a third machine, says who may serve when the two nodes lost each other. */
@Command(
        name = "witness",
        description = {
            "Run on a third machine the witness that says, in the foreground until TERM, which of two",
            "nodes that lost each other may serve. One witness serves many clusters."
        })
final class WitnessCommand implements Callable<Integer> {

    private static final String KEY = "sha256:[0-9a-f]{64}";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "/var/lib/gemel-witness",
            description = "Its key and what it granted; on a disk of this machine (default: ${DEFAULT-VALUE}).")
    private Path dir;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS:PORT",
            defaultValue = "0.0.0.0:7420",
            description = "Where nodes ask, UDP (default: ${DEFAULT-VALUE}).")
    private String listen;

    @Option(
            names = "--node",
            paramLabel = "KEY",
            description = "Hash of the key of a node that it serves, repeated for each; without any: every node.")
    private List<String> nodes = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        InetSocketAddress address = AddressAndPort.parse(listen)
                .orElseThrow(() -> new Problem(
                        "\"" + listen + "\" is not an address and a port", "gemel witness --listen 10.0.0.9:7420"));
        for (String node : nodes) {
            if (!node.matches(KEY)) {
                throw new Problem(
                        "\"" + node + "\" is not the hash of a key",
                        "--node \"sha256:...\", as key in [[node]] of cluster.toml");
            }
        }
        Logging.engine();
        WitnessServer server = WitnessServer.open(dir, address, Set.copyOf(nodes));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            // The JVM would say that TERM killed it, but it ended in order.
            Runtime.getRuntime().halt(ExitCode.OK);
        }));
        show(server);
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private void show(WitnessServer server) {
        InetSocketAddress at = server.address();
        String host = at.getAddress().isAnyLocalAddress()
                ? "ADDRESS OF THIS MACHINE"
                : at.getAddress().getHostAddress();
        String shown = host.contains(":") ? "[" + host + "]" : host;
        PrintWriter out = spec.commandLine().getOut();
        out.println("The witness runs. In /etc/gemel/cluster.toml on both nodes:");
        out.println();
        out.println("[[witness]]");
        out.println("kind = \"lease\"");
        out.println("address = \"" + shown + ":" + at.getPort() + "\"");
        out.println("key = \"" + server.keyHash() + "\"");
        out.flush();
    }
}
