package io.gemel.engine.cli;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabState;
import io.gemel.engine.lab.volatiledisk.DiskPlaces;
import io.gemel.engine.lab.volatiledisk.DiskServer;
import io.gemel.engine.lab.volatiledisk.PowerCut;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel lab ...}: a whole cluster on this machine. */
@Command(
        name = "lab",
        description = "Make a whole cluster on this machine, and break it: cut, kill, freeze.",
        subcommands = {LabUpCommand.class, LabKillsCommand.class, LabTortureCommand.class, LabRecordsCommand.class})
final class LabCommand implements Runnable {

    /** Seeds that are chosen here stay short, to be typed again. */
    private static final long MAX_SEED = 1_000_000;

    @Spec
    private CommandSpec spec;

    /** The option that every verb of a lab takes. */
    static final class Name {

        @Option(
                names = "--name",
                paramLabel = "NAME",
                defaultValue = "lab",
                description = "Which lab (default: ${DEFAULT-VALUE}).")
        String value;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "lab what? See the list in: gemel lab --help");
    }

    @Command(name = "exec", description = "Run a command in a node: gemel lab exec n1 -- gemel state")
    int exec(
            @Mixin Name name,
            @Parameters(index = "0", paramLabel = "NODE", description = "n1, n2, ...") String node,
            @Parameters(index = "1..*", arity = "1..*", paramLabel = "CMD", description = "After --, the command.")
                    List<String> command) {
        return Lab.find(name.value).passThrough(node, command);
    }

    @Command(name = "client", description = "Run a command in the client: gemel lab client -- curl http://10.77.0.100/")
    int client(
            @Mixin Name name,
            @Parameters(arity = "1..*", paramLabel = "CMD", description = "After --, the command.")
                    List<String> command) {
        return Lab.find(name.value).passThroughClient(command);
    }

    @Command(
            name = "cut",
            description =
                    "Drop what two nodes, or a node and \"client\", send to each other; with \"switch\" as TO, pull"
                            + " the cables of FROM.")
    int cut(
            @Mixin Name name,
            @Parameters(index = "0", paramLabel = "FROM") String from,
            @Parameters(index = "1", paramLabel = "TO") String to,
            @Option(names = "--one-way", description = "Only what FROM sends to TO.") boolean oneWay,
            @Option(names = "--network", paramLabel = "NETWORK", description = "Only on this network.")
                    String network) {
        Lab lab = Lab.find(name.value);
        List<String> networks = network == null ? lab.networks() : List.of(network);
        for (String each : networks) {
            if (oneWay) {
                lab.cutOneWay(from, to, each);
            } else {
                lab.cut(from, to, each);
            }
        }
        return say(from
                + (oneWay ? " no longer reaches " : " and " + to + " are cut from each other")
                + (oneWay ? to : ""));
    }

    @Command(name = "heal", description = "Mend every cut.")
    int heal(@Mixin Name name) {
        Lab.find(name.value).heal();
        return say("every cut is mended");
    }

    @Command(
            name = "kill",
            description = "Power a node off: everything in it is killed, its disk stays. A volatile disk (lab up"
                    + " --volatile) loses what was not fsynced.")
    int kill(
            @Mixin Name name,
            @Parameters(paramLabel = "NODE") String node,
            @Option(names = "--engine", description = "Kill only the engine.") boolean engine,
            @Option(
                            names = "--lose",
                            paramLabel = "some|all",
                            description = "How much of what was not fsynced (default: some blocks, by lot).")
                    String lose,
            @Option(names = "--seed", paramLabel = "N", description = "Draws the same lot again.") Long seed) {
        Lab lab = Lab.find(name.value);
        if (engine) {
            lab.crashEngine(node);
            return say("the engine of " + node + " is dead; another one goes on");
        }
        if (!lab.losesPower() && lose == null && seed == null) {
            lab.kill(node);
            return say(node + " is off");
        }
        PowerCut cut = powerCut(lose, seed == null ? ThreadLocalRandom.current().nextLong(MAX_SEED) : seed);
        PowerCut.Outcome outcome = lab.powerCut(node, cut);
        return say(node + " is off; of what was not fsynced, " + outcome.lostBlocks() + " blocks are lost and "
                + outcome.keptBlocks() + " survived"
                + (cut.loss() == PowerCut.Loss.SOME ? " (--seed " + cut.seed() + ")" : ""));
    }

    private static PowerCut powerCut(String lose, long seed) {
        return switch (lose == null ? "some" : lose) {
            case "all" -> PowerCut.loseAll();
            case "some" -> PowerCut.loseSome(seed);
            default -> throw new Problem("--lose " + lose + " is not understood", "write some or all");
        };
    }

    @Command(name = "serve-disk", hidden = true, description = "The process of a volatile disk; started by the lab.")
    int serveDisk(@Parameters(paramLabel = "DIRECTORY") Path directory) {
        DiskServer.serve(new DiskPlaces(directory));
        return ExitCode.OK;
    }

    @Command(name = "freeze", description = "Stop every process of a node where it stands.")
    int freeze(@Mixin Name name, @Parameters(paramLabel = "NODE") String node) {
        Lab.find(name.value).freeze(node);
        return say(node + " is frozen");
    }

    @Command(name = "thaw", description = "Let a frozen node go on.")
    int thaw(@Mixin Name name, @Parameters(paramLabel = "NODE") String node) {
        Lab.find(name.value).thaw(node);
        return say(node + " goes on");
    }

    @Command(name = "start", description = "Switch a node on again, or start its engine where only that is missing.")
    int start(@Mixin Name name, @Parameters(paramLabel = "NODE") String node) {
        Lab.find(name.value).start(node);
        return say(node + " is on");
    }

    @Command(name = "fill", description = "Make the disk of a node full (the lab needs: lab up --disk SIZE).")
    int fill(
            @Mixin Name name,
            @Parameters(paramLabel = "NODE") String node,
            @Option(names = "--undo", description = "Give the space back.") boolean undo) {
        Lab lab = Lab.find(name.value);
        if (undo) {
            lab.unfill(node);
            return say("the disk of " + node + " has space again");
        }
        lab.fill(node);
        return say("the disk of " + node + " is full");
    }

    @Command(name = "down", description = "Remove a lab; nothing of it is left.")
    int down(@Mixin Name name) {
        Lab.down(name.value);
        return say("lab \"" + name.value + "\" is gone");
    }

    @Command(name = "list", description = "List the labs of this machine.")
    int list(@Option(names = "--json", description = "Print JSON.") boolean json) {
        if (json) {
            return say(Json.of(Lab.list()));
        }
        Table table = new Table("LAB", "NODES", "CUTS");
        for (String lab : Lab.list()) {
            LabState state = Lab.find(lab).state();
            List<String> nodes = state.nodes().stream()
                    .map(node -> node.node() + " " + node.power())
                    .toList();
            table.row(
                    lab, String.join(", ", nodes), Integer.toString(state.cuts().size()));
        }
        table.lines().forEach(this::say);
        return ExitCode.OK;
    }

    @Command(name = "state", description = "Show the nodes of a lab and what is cut.")
    int state(@Mixin Name name, @Option(names = "--json", description = "Print JSON.") boolean json) {
        LabState state = Lab.find(name.value).state();
        if (json) {
            Map<String, Object> tree = tree(state);
            tree.put(
                    "cluster",
                    cluster(name.value, state, "--json").map(Json::read).orElse(null));
            return say(Json.of(tree));
        }
        Table table = new Table("NODE", "POWER", "ENGINE", "ADDRESS");
        for (LabState.Node node : state.nodes()) {
            String engine = node.engine() ? "answers" : "silent";
            table.row(node.node(), node.power(), engine, String.join(", ", node.addresses()));
        }
        table.lines().forEach(this::say);
        for (LabState.Cut cut : state.cuts()) {
            say("cut: what " + cut.from() + " sends to " + cut.to() + " on " + cut.network());
        }
        cluster(name.value, state).ifPresent(text -> say("\n" + text));
        return ExitCode.OK;
    }

    /** What the first node that can be asked says of the cluster. */
    private static Optional<String> cluster(String name, LabState state, String... options) {
        List<String> command = new ArrayList<>(List.of("gemel", "state"));
        command.addAll(List.of(options));
        return state.nodes().stream()
                .filter(LabState.Node::engine)
                .map(node -> Lab.find(name).exec(node.node(), command.toArray(new String[0])))
                .filter(ExecResult::ok)
                .map(result -> result.out().stripTrailing())
                .findFirst();
    }

    private static Map<String, Object> tree(LabState state) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("lab", state.name());
        tree.put(
                "nodes",
                state.nodes().stream()
                        .map(node -> {
                            Map<String, Object> branch = new LinkedHashMap<>();
                            branch.put("node", node.node());
                            branch.put("power", node.power());
                            branch.put("engine", node.engine());
                            branch.put("addresses", node.addresses());
                            return branch;
                        })
                        .toList());
        tree.put(
                "cuts",
                state.cuts().stream()
                        .map(cut -> {
                            Map<String, Object> branch = new LinkedHashMap<>();
                            branch.put("from", cut.from());
                            branch.put("to", cut.to());
                            branch.put("network", cut.network());
                            return branch;
                        })
                        .toList());
        return tree;
    }

    private int say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        return ExitCode.OK;
    }
}
