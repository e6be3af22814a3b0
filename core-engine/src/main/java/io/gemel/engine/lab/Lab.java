package io.gemel.engine.lab;

import io.gemel.engine.lab.LabRecord.Cut;
import io.gemel.engine.lab.volatiledisk.PowerCut;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * A cluster on this machine. All of it is in namespaces of its own and in the lab's record, so any process can find it
 * again by its name, and closing it leaves nothing.
 *
 * <p>Each verb returns when what it asked for is true, or throws a {@link Problem} within a bounded time.
 */
public final class Lab implements AutoCloseable {

    /** How long {@link #exec(String, String...)} lets a command run. */
    public static final Duration EXEC_TIMEOUT = Duration.ofMinutes(1);

    private static final Duration STATE_TIMEOUT = Duration.ofSeconds(10);

    private final String name;
    private final LabNames names;

    private Lab(String name) {
        this.name = name;
        this.names = new LabNames(name);
    }

    /** Makes a lab; when anything fails, or the process is told to end meanwhile, what was made is removed again. */
    public static Lab up(LabOptions options) {
        requireRoot();
        new LabMaker(options).make();
        return new Lab(options.name());
    }

    /** A lab that was made before; a {@link Problem} when there is none of that name. */
    public static Lab find(String name) {
        LabRecords.get(name);
        return new Lab(name);
    }

    /** Names of the labs on this machine. */
    public static List<String> list() {
        return LabRecords.names();
    }

    /** Removes a lab and everything that a crash may have left of it; does nothing where there is nothing. */
    public static void down(String name) {
        requireRoot();
        LabRemoval.remove(name);
    }

    static void requireRoot() {
        if (!System.getProperty("user.name").equals("root")) {
            throw new Problem("a lab needs root: it makes namespaces and mounts", "run it again with sudo");
        }
    }

    public String name() {
        return name;
    }

    /** A file of a node that is on, as this process reaches it. */
    public Path inside(String node, Path path) {
        return node(node).inside(path);
    }

    /** Names of the networks that join the nodes. */
    public List<String> networks() {
        return record().networks();
    }

    /** Runs a command in a node for at most {@link #EXEC_TIMEOUT}. */
    public ExecResult exec(String node, String... command) {
        return exec(EXEC_TIMEOUT, node, List.of(command));
    }

    /** Runs a command in a node; when {@code timeout} passes it is killed and a {@link Problem} thrown. */
    public ExecResult exec(Duration timeout, String node, List<String> command) {
        LabNode target = node(node);
        return Tool.run(target.entering(command), timeout, target.environment());
    }

    /** Runs a command in the client for at most {@link #EXEC_TIMEOUT}. */
    public ExecResult client(String... command) {
        return client(EXEC_TIMEOUT, List.of(command));
    }

    /** Runs a command in the client; as {@link #exec(Duration, String, List)}. */
    public ExecResult client(Duration timeout, List<String> command) {
        return Tool.run(enteringClient(command), timeout, LabNode.environment(names, LabNames.CLIENT));
    }

    /** Runs a command in a node with this process's own input and output; its exit code. */
    public int passThrough(String node, List<String> command) {
        LabNode target = node(node);
        return Tool.passThrough(target.entering(command), target.environment());
    }

    /** As {@link #passThrough}, in the client. */
    public int passThroughClient(List<String> command) {
        return Tool.passThrough(enteringClient(command), LabNode.environment(names, LabNames.CLIENT));
    }

    /** A process in the client that the caller looks after: reads its output, ends it. */
    public ProcessBuilder clientProcess(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(enteringClient(command));
        builder.environment().putAll(LabNode.environment(names, LabNames.CLIENT));
        return builder;
    }

    /** A process in a node that the caller looks after. */
    public ProcessBuilder process(String node, List<String> command) {
        LabNode target = node(node);
        ProcessBuilder builder = new ProcessBuilder(target.entering(command));
        builder.environment().putAll(target.environment());
        return builder;
    }

    private List<String> enteringClient(List<String> command) {
        LabRecords.get(name);
        List<String> all = new ArrayList<>();
        all.add("nsenter");
        all.add("--net=" + LabNames.NAMESPACES.resolve(names.namespace(LabNames.CLIENT)));
        all.add("--");
        all.addAll(command);
        return all;
    }

    /** Cuts two members, nodes or {@code client}, from each other on every network. */
    public void cut(String a, String b) {
        record().networks().forEach(network -> cut(a, b, network));
    }

    /** Cuts two members from each other on one network. */
    public void cut(String a, String b, String network) {
        if (b.equals(LabNames.SWITCH)) {
            unplug(a, network);
            return;
        }
        cutOneWay(a, b, network);
        cutOneWay(b, a, network);
    }

    /** Drops what {@code from} sends to {@code to} on one network. */
    public void cutOneWay(String from, String to, String network) {
        change(record -> {
            requireMember(record, from);
            requireMember(record, to);
            if (to.equals(LabNames.SWITCH)) {
                throw new Problem("a cable is pulled for both ways", "leave --one-way out");
            }
            if (from.equals(to)) {
                throw new Problem("a node cannot be cut from itself", "name two of the lab's members");
            }
            return with(record, new Cut(from, to, network));
        });
    }

    /** Pulls a member's cable on one network: its interface there has no carrier. */
    public void unplug(String member, String network) {
        change(record -> {
            requireMember(record, member);
            return with(record, new Cut(member, LabNames.SWITCH, network));
        });
    }

    private List<Cut> with(LabRecord record, Cut cut) {
        if (!record.networks().contains(cut.network())) {
            throw new Problem(
                    "lab \"" + name + "\" has no network \"" + cut.network() + "\"",
                    "its networks are " + String.join(", ", record.networks()));
        }
        Set<Cut> cuts = new LinkedHashSet<>(record.cuts());
        cuts.add(cut);
        return List.copyOf(cuts);
    }

    /** Mends every cut and plugs every cable in. */
    public void heal() {
        change(record -> List.of());
    }

    private void change(Function<LabRecord, List<Cut>> cuts) {
        LabRecords.update(name, record -> {
            LabRecord changed = record.withCuts(cuts.apply(record));
            LabSwitch network = new LabSwitch(names, record.networks());
            network.apply(changed.cuts());
            record.cuts().stream()
                    .filter(cut -> cut.ofCable() && !changed.cuts().contains(cut))
                    .forEach(network::plugIn);
            return changed;
        });
    }

    private static void requireMember(LabRecord record, String member) {
        if (!member.equals(LabNames.CLIENT)) {
            LabNode.of(record, member);
        }
    }

    /**
     * Power off: the node's cables are pulled, so that nobody hears of its end, and everything in it is killed. What was
     * on its disk stays; of a volatile disk ({@link LabDisk#withPowerLoss}) that is what was flushed, and by a lot of its
     * own some of the rest.
     */
    public void kill(String node) {
        if (losesPower()) {
            powerCut(node, ThreadLocalRandom.current().nextLong());
            return;
        }
        LabRecords.locked(() -> {
            LabNode target = requireOn(node);
            new LabSwitch(names, record().networks()).silence(node);
            target.powerOff();
            return switchedOff(node);
        });
    }

    /** Whether a power cut takes what the nodes had not flushed, see {@link LabDisk#withPowerLoss}. */
    public boolean losesPower() {
        return record().volatileDisk();
    }

    /** As {@link #powerCut(String, PowerCut)}: what was not flushed survives block by block, as the seed decides. */
    public PowerCut.Outcome powerCut(String node, long seed) {
        return powerCut(node, PowerCut.loseSome(seed));
    }

    /**
     * Cuts the power of a node with a volatile disk, all at once: its cables are pulled, nothing more reaches its disk
     * and its memory is gone. {@link #start} switches it on again.
     *
     * @return what its disk lost; all that was not flushed, and counted as nothing, when the disk's server was dead
     */
    public PowerCut.Outcome powerCut(String node, PowerCut cut) {
        if (!losesPower()) {
            throw new Problem(
                    "node " + node + " has no disk that could lose anything",
                    "make the lab with such a disk: `gemel lab up --disk 1G --volatile`");
        }
        return LabRecords.locked(() -> {
            LabNode target = requireOn(node);
            new LabSwitch(names, record().networks()).silence(node);
            PowerCut.Outcome outcome = target.volatileDisk().cut(cut);
            target.powerOff();
            target.volatileDisk().end();
            switchedOff(node);
            return outcome;
        });
    }

    private LabNode requireOn(String node) {
        LabNode target = node(node);
        if (!target.isOn()) {
            throw new Problem("node " + node + " is off already", "switch it on with `gemel lab start " + node + "`");
        }
        return target;
    }

    private LabRecord switchedOff(String node) {
        new LabSwitch(names, record().networks()).unplug(node);
        return LabRecords.update(name, record -> record.withNode(LabRecord.Node.off(node)));
    }

    /** SIGKILL to the node's engine alone: its supervisor has another one go on. */
    public void crashEngine(String node) {
        node(node).crashEngine();
    }

    /** Has the node's engine, if one runs, write what each of its threads does into its log. */
    public void dumpThreads(String node) {
        node(node).dumpThreads();
    }

    /** SIGKILL to the node's engine, for good: its supervisor releases what it held and ends; {@link #start} starts both. */
    public void killEngine(String node) {
        node(node).killEngine();
    }

    /** Stops every process of the node where it stands; its network goes on existing, silent. */
    public void freeze(String node) {
        LabNode target = node(node);
        if (!target.isOn()) {
            throw new Problem("node " + node + " is off", "switch it on with `gemel lab start " + node + "`");
        }
        if (!target.group().freeze()) {
            throw new Problem(
                    "not every process of " + node + " could be frozen", "thaw it with `gemel lab thaw " + node + "`");
        }
    }

    /** Lets a frozen node go on. */
    public void thaw(String node) {
        if (!node(node).group().thaw()) {
            throw new Problem("node " + node + " did not thaw", "power it off with `gemel lab kill " + node + "`");
        }
    }

    /** Switches a node on after {@link #kill}, with the same disk, or starts its engine where only that is missing. */
    public void start(String node) {
        LabRecords.locked(() -> {
            if (!node(node).isOn()) {
                LabNode stale = node(node);
                stale.powerOff();
                if (record().ownDisk()) {
                    stale.volatileDisk().end();
                }
                LabSwitch network = new LabSwitch(names, record().networks());
                network.unplug(node);
                network.plug(node);
                network.apply(record().cuts());
                LabRecord.Node booted = stale.boot();
                LabRecords.update(name, record -> record.withNode(booted));
            }
            return null;
        });
        if (record().engine() && !node(node).engineAnswers()) {
            LabNode target = node(node);
            // One whose supervisor lives is about to be replaced by it.
            target.awaitEngine(target.supervisor().orElseGet(target::startEngine));
        }
    }

    /** Makes a node's own disk full; needs {@link LabOptions#disk}. */
    public void fill(String node) {
        requireOwnDisk(node);
        String script = "dd if=/dev/zero of=\"$0\" bs=1M conv=fsync 2>/dev/null;"
                + " dd if=/dev/zero of=\"$0\" bs=4k oflag=append conv=notrunc 2>/dev/null; sync; exit 0";
        exec(node, "sh", "-c", script, fillFile(node));
    }

    /** Takes back what {@link #fill} took. */
    public void unfill(String node) {
        requireOwnDisk(node);
        exec(node, "rm", "-f", fillFile(node));
    }

    private String fillFile(String node) {
        return names.imageMount(node).resolve("filled-by-the-lab").toString();
    }

    private void requireOwnDisk(String node) {
        if (!record().ownDisk()) {
            throw new Problem(
                    "node " + node + " has no disk of its own that could be full",
                    "make the lab with a disk for each node: `gemel lab up --disk 512M`");
        }
    }

    /** How the lab is now. */
    public LabState state() {
        LabRecord record = record();
        List<LabState.Node> nodes = new ArrayList<>();
        for (LabRecord.Node n : record.nodes()) {
            LabNode node = new LabNode(record, n);
            String power = !node.isOn() ? "off" : node.isFrozen() ? "frozen" : "on";
            List<String> addresses = record.networks().stream()
                    .map(network -> LabNames.address(record.networks(), network, n.name()))
                    .toList();
            nodes.add(new LabState.Node(n.name(), power, node.engineAnswers(), addresses));
        }
        List<LabState.Cut> cuts = record.cuts().stream()
                .map(cut -> new LabState.Cut(cut.from(), cut.to(), cut.network()))
                .toList();
        return new LabState(name, nodes, cuts);
    }

    /** Where the engine of a node writes what it has to say. */
    public Path engineLog(String node) {
        return names.engineLog(node);
    }

    /** Removes the lab; nothing of it is left. */
    public void down() {
        down(name);
    }

    @Override
    public void close() {
        down();
    }

    private LabRecord record() {
        return LabRecords.get(name);
    }

    /**
     * What a node's engine says of a node's part in a module: as {@code gemel state} shows it, without a program that has to
     * start first. Nothing when the engine does not answer.
     */
    public Optional<NodeState> engineSays(String asked, String module, String about) {
        return node(asked).engineState(STATE_TIMEOUT).stream()
                .flatMap(state -> state.modules().stream())
                .filter(each -> each.name().equals(module))
                .flatMap(each -> each.nodes().stream())
                .filter(each -> each.node().equals(about))
                .findFirst();
    }

    private LabNode node(String node) {
        return LabNode.of(record(), node);
    }
}
