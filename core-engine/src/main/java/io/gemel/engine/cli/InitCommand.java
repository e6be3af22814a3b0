package io.gemel.engine.cli;

import io.gemel.engine.control.ControlSettings;
import io.gemel.engine.control.RootKey;
import io.gemel.engine.module.ClusterFile;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.node.Engine;
import io.gemel.engine.node.Reception;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.KeyId;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.Console;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel init}: begins a new cluster on its first node, and lets the second in. */
@Command(
        name = "init",
        description = {
            "Begin a new cluster on its first node: make its keys, show the text with which the second server joins",
            "(gemel join TEXT), and write /etc/gemel/cluster.toml of both when the six digits are the same.",
            "What is not given is asked for on a terminal. With --key or --root: only make keys, for a cluster.toml",
            "that is written by hand."
        })
final class InitCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--name", paramLabel = "CLUSTER", defaultValue = "", description = "What the cluster is called.")
    private String name;

    @Option(
            names = "--node",
            paramLabel = "NAME",
            defaultValue = "",
            description = "What this node is called (default: the machine's name).")
    private String node;

    @Option(
            names = "--address",
            paramLabel = "[NETWORK=]ADDRESS",
            description = {
                "This server's address on a network that both servers share; once for each network, the one that",
                "carries the replication first. Without a name the network is called lan."
            })
    private List<String> addresses = new ArrayList<>();

    @Option(
            names = "--digits",
            paramLabel = "DIGITS",
            defaultValue = "",
            description = "The six digits that the second server shows, instead of being asked for them.")
    private String digits;

    @Option(names = "--key", description = "Only make this node's key, and show its hash.")
    private boolean keyOnly;

    @Option(
            names = "--root",
            description = {
                "Only make this node's key and the cluster's root key, on one node only: the root key's hash is the",
                "cluster's id, without which no device can be paired."
            })
    private boolean root;

    @Mixin
    private Places places;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        return keyOnly || root ? keys(out) : begin(out);
    }

    private int begin(PrintWriter out) {
        ClusterFile.refuseSecond(places.etc());
        String cluster = NodeAddresses.name("cluster", given(name, "What is the cluster called?", "--name"), "--name");
        String own = NodeAddresses.name("node", node(), "--node");
        List<String> typed = addresses.isEmpty()
                ? List.of(asked(
                        "Its address on the network of both servers?",
                        NodeAddresses.suggested().orElse(""),
                        "--address"))
                : addresses;
        Map<String, String> ways = NodeAddresses.byNetwork(NodeAddresses.parse(typed));
        ClusterFile.probe(places.etc());
        NodeKey key = NodeKey.loadOrCreate(places.key());
        SoftwareKey rootKey = RootKey.loadOrCreate(places.key());
        int port = places.port();
        List<String> reached = ways.values().stream()
                .map(address -> (address.contains(":") ? "[" + address + "]" : address) + ":" + port)
                .toList();
        Engine.Places at = new Engine.Places(places.etc(), places.lib(), places.run());
        try (Reception reception =
                Reception.open(at, key, rootKey.id(), cluster, own, reached, new InetSocketAddress(port))) {
            NodeAdmission.Sketch sketch = new NodeAdmission.Sketch(
                    cluster,
                    rootKey.id(),
                    List.copyOf(ways.keySet()),
                    new ClusterFile.Member(own, key.keyHash(), ways));
            Messages.PendingDevice joined = new NodeAdmission(reception::ask, out, digits).admit(sketch, places.etc());
            said(out, cluster, own, joined);
        }
        return ExitCode.OK;
    }

    private void said(PrintWriter out, String cluster, String own, Messages.PendingDevice joined) {
        out.println("The cluster " + cluster + " has its nodes " + own + " and " + joined.name() + "; both have "
                + ClusterFile.in(places.etc()) + ".");
        out.println("The cluster's root key is in " + RootKey.file(places.key())
                + ". Whoever has it can pair devices: keep a copy in a safe place.");
        out.println("  next: on both servers: systemctl start gemel, or in the foreground: gemel engine");
        out.println("  then: gemel pair --role admin, here, for the first console or phone");
    }

    private static Optional<Console> person() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal);
    }

    /** The machine's name will do where nobody can be asked. */
    private String node() {
        String machine = NodeAddresses.hostName();
        boolean ask = node.isEmpty() && (person().isPresent() || machine.isEmpty());
        return ask ? asked("What is this node called?", machine, "--node") : node.isEmpty() ? machine : node;
    }

    private static String given(String given, String question, String option) {
        return given.isEmpty() ? asked(question, "", option) : given;
    }

    /** What a person answers, or the suggestion; a {@link Problem} when nobody can be asked. */
    private static String asked(String question, String suggestion, String option) {
        Console console = person().orElseThrow(() ->
                new Problem("nobody can be asked here: " + question, "give it with the command: " + option));
        String hint = suggestion.isEmpty() ? " " : " [" + suggestion + "] ";
        String answer = Optional.ofNullable(console.readLine("%s%s", question, hint))
                .orElse("")
                .strip();
        return answer.isEmpty() ? suggestion : answer;
    }

    private int keys(PrintWriter out) {
        Path directory = places.key();
        boolean existed = Files.exists(directory);
        NodeKey key = NodeKey.loadOrCreate(directory);
        out.println(existed ? "This node has a key already." : "This node has a key now, in " + directory + ".");
        out.println("In /etc/gemel/cluster.toml, the same on both nodes, its [[node]] needs this line:");
        out.println("key = \"" + key.keyHash() + "\"");
        out.println("To be read aloud: " + KeyId.spoken(key.keyHash()));
        if (root) {
            SoftwareKey made = RootKey.loadOrCreate(directory);
            out.println();
            out.println(
                    "The cluster's root key is in " + RootKey.file(directory) + ". Whoever has it can pair devices:");
            out.println("keep a copy in a safe place. The [cluster] in cluster.toml, on both nodes, needs this line:");
            out.println("id = \"" + made.id() + "\"");
            out.println("  next: start the engines, then pair the first device: gemel pair --role admin");
        }
        return ExitCode.OK;
    }

    /** Where an engine of this machine would find and leave things. */
    static final class Places {
        @Option(names = "--etc", paramLabel = "DIR", defaultValue = "/etc/gemel", hidden = true)
        private Path etc;

        @Option(names = "--lib", paramLabel = "DIR", defaultValue = "/var/lib/gemel", hidden = true)
        private Path lib;

        @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", hidden = true)
        private Path run;

        @Option(names = "--port", paramLabel = "PORT", defaultValue = "" + ControlSettings.DEFAULT_PORT, hidden = true)
        private int port;

        Path etc() {
            return etc;
        }

        Path lib() {
            return lib;
        }

        Path run() {
            return run;
        }

        Path key() {
            return lib.resolve("key");
        }

        int port() {
            return port;
        }
    }
}
