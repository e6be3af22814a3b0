package io.gemel.engine.cli;

import io.gemel.engine.net.NodeKey;
import io.gemel.engine.node.Engine;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gemel init}: makes this node's key, once, and says what the cluster has to know of it. */
@Command(name = "init", description = "Make this node's key, or show the hash of the one that is there.")
final class InitCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path directory = Engine.Places.STANDARD.key();
        boolean existed = Files.exists(directory);
        NodeKey key = NodeKey.loadOrCreate(directory);
        PrintWriter out = spec.commandLine().getOut();
        out.println(existed ? "This node has a key already." : "This node has a key now, in " + directory + ".");
        out.println("In /etc/gemel/cluster.toml, the same on both nodes, its [[node]] needs this line:");
        out.println("key = \"" + key.keyHash() + "\"");
        return ExitCode.OK;
    }
}
