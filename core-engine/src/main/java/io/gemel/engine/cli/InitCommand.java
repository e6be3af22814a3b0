package io.gemel.engine.cli;

import io.gemel.engine.control.RootKey;
import io.gemel.engine.net.NodeKey;
import io.gemel.protocol.wire.KeyId;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel init}: makes this node's key, once, and says what the cluster has to know of it. */
@Command(name = "init", description = "Make this node's key, or show the hash of the one that is there.")
final class InitCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--root",
            description = {
                "Also make the cluster's root key here, on one node only: its hash is the cluster's id, without which",
                "no device can be paired."
            })
    private boolean root;

    @Option(names = "--lib", paramLabel = "DIR", defaultValue = "/var/lib/gemel", hidden = true)
    private Path lib;

    @Override
    public Integer call() {
        Path directory = lib.resolve("key");
        boolean existed = Files.exists(directory);
        NodeKey key = NodeKey.loadOrCreate(directory);
        PrintWriter out = spec.commandLine().getOut();
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
}
