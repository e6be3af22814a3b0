package io.gemel.engine.lab;

import io.gemel.engine.control.LocalClient;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One node of a lab as this machine sees it: network, mount, PID, IPC and host name namespaces, held by an init of their
 * own. The end of that init is the node's power-off.
 */
final class LabNode {

    private static final Duration BOOT_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration POWER_OFF_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ENGINE_TIMEOUT = Duration.ofSeconds(90);
    private static final int LOG_LINES = 15;
    private static final Path RUN = Path.of("/run/gemel");
    private static final List<Path> SYSTEM_DISK = List.of(Path.of("/etc/gemel"), Path.of("/var/lib/gemel"));

    private final LabNames names;
    private final LabRecord lab;
    private final LabRecord.Node record;

    LabNode(LabRecord lab, LabRecord.Node record) {
        this.names = new LabNames(lab.name());
        this.lab = lab;
        this.record = record;
    }

    static LabNode of(LabRecord lab, String name) {
        return lab.nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .map(node -> new LabNode(lab, node))
                .orElseThrow(() -> new Problem(
                        "lab \"" + lab.name() + "\" has no node \"" + name + "\"",
                        "its nodes are "
                                + String.join(
                                        ", ",
                                        lab.nodes().stream()
                                                .map(LabRecord.Node::name)
                                                .toList())));
    }

    boolean isOn() {
        return NodeProcess.lives(record.initPid(), record.initStart());
    }

    boolean isFrozen() {
        return isOn() && group().freezeAsked();
    }

    NodeGroup group() {
        return NodeGroup.find(names, record.name());
    }

    /**
     * Makes the namespaces and starts the init; returns when the private paths are in place.
     *
     * @return the record of the running node
     */
    LabRecord.Node boot() {
        makeDirectories();
        NodeGroup group = NodeGroup.make(names, record.name());
        List<String> command = new ArrayList<>(
                List.of("nsenter", "--net=" + LabNames.NAMESPACES.resolve(names.namespace(record.name())), "unshare"));
        command.addAll(List.of("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"));
        command.addAll(List.of("bash", names.init(record.name()).toString(), record.name()));
        command.add(diskToMount());
        command.add(names.imageMount(record.name()).toString());
        for (String path : lab.privatePaths()) {
            if (!Path.of(path).equals(RUN)) {
                command.add(diskOf(Path.of(path)) + path);
                command.add(path);
            }
        }
        Path log = names.bootLog(record.name());
        Process holder = Tool.startDetached(group.entering(command), log);
        try {
            long init = awaitInit(holder, log);
            return new LabRecord.Node(record.name(), init, NodeProcess.start(init));
        } catch (Problem e) {
            volatileDisk().endServer();
            throw e;
        }
    }

    private String diskToMount() {
        if (lab.volatileDisk()) {
            return volatileDisk().powerOn();
        }
        return lab.ownDisk() ? names.image(record.name()).toString() : "";
    }

    VolatileDisk volatileDisk() {
        return new VolatileDisk(names, record.name());
    }

    private void makeDirectories() {
        try {
            Files.createDirectories(names.disk(record.name()));
            Files.createDirectories(names.imageMount(record.name()));
            Files.writeString(names.init(record.name()), NodeInit.SCRIPT);
            Files.deleteIfExists(names.bootLog(record.name()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The disk that holds a private path: the image holds what an application uses, a volatile one everything. */
    private Path diskOf(Path path) {
        boolean onImage = lab.ownDisk() && (lab.volatileDisk() || !SYSTEM_DISK.contains(path));
        return onImage ? names.imageMount(record.name()) : names.disk(record.name());
    }

    private long awaitInit(Process holder, Path log) {
        long[] init = new long[1];
        Deadline.in(BOOT_TIMEOUT).await(() -> {
            init[0] = holder.children().findFirst().map(ProcessHandle::pid).orElse(0L);
            return !holder.isAlive() || (init[0] > 0 && Files.exists(inside(init[0], NodeInit.BOOTED)));
        });
        if (init[0] == 0 || !holder.isAlive() || !Files.exists(inside(init[0], NodeInit.BOOTED))) {
            Tool.killTree(holder);
            throw new Problem(
                    "node " + record.name() + " could not be made: " + lastLines(log),
                    "its namespaces need root and mount(8), unshare(1), nsenter(1) on this machine");
        }
        return init[0];
    }

    /** The node's root directory as this machine sees it, through the node's init; proc(5). */
    static Path root(long init) {
        return Path.of("/proc/" + init + "/root");
    }

    Path inside(Path path) {
        return inside(record.initPid(), path);
    }

    private static Path inside(long init, Path path) {
        return Path.of(root(init).toString() + path);
    }

    /** Kills everything in the node; returns when nothing of it runs any more. */
    void powerOff() {
        NodeGroup group = group();
        boolean gone = Deadline.in(POWER_OFF_TIMEOUT).await(() -> {
            group.kill();
            if (record.initPid() > 0 && isOn()) {
                NodeProcess.kill(record.initPid());
            }
            return group.pids().isEmpty() && !isOn();
        });
        if (!gone || !group.remove()) {
            throw new Problem(
                    "node " + record.name() + " still has processes " + group.pids() + " after "
                            + Tool.seconds(POWER_OFF_TIMEOUT),
                    "look at them with `ps -o pid,stat,wchan,args -p ...`, then run `gemel lab down` again");
        }
    }

    /** Flushes a volatile disk, so that a power cut leaves what was put on it before. */
    void flush() {
        if (lab.volatileDisk()) {
            Tool.must(
                    "sync",
                    "-f",
                    inside(record.initPid(), names.imageMount(record.name())).toString());
        }
    }

    /** The command that runs {@code command} in the node, at its root directory. */
    List<String> entering(List<String> command) {
        requireOn();
        List<String> all = new ArrayList<>(List.of("nsenter", "-t", Long.toString(record.initPid())));
        all.addAll(List.of("-m", "-u", "-i", "-n", "-p", "--"));
        all.addAll(command);
        return group().entering(all);
    }

    private void requireOn() {
        if (!isOn()) {
            throw new Problem(
                    "node " + record.name() + " is off",
                    "switch it on with `gemel lab start " + record.name() + nameOption() + "`");
        }
        if (isFrozen()) {
            throw new Problem(
                    "node " + record.name() + " is frozen",
                    "thaw it with `gemel lab thaw " + record.name() + nameOption() + "`");
        }
    }

    private String nameOption() {
        return lab.name().equals(LabOptions.standard().name()) ? "" : " --name " + lab.name();
    }

    /** What a command in the node, or in the client, finds in its environment. */
    static Map<String, String> environment(LabNames names, String member) {
        String path = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        String standby = System.getenv().getOrDefault("GEMEL_STANDBY", "no");
        return Map.of(
                "PATH",
                names.bin() + ":" + path,
                "GEMEL_LAB",
                names.lab(),
                "GEMEL_LAB_NODE",
                member,
                "GEMEL_STANDBY",
                standby);
    }

    Map<String, String> environment() {
        return environment(names, record.name());
    }

    /**
     * Starts the engine as in production, below its supervisor; does not wait for it.
     *
     * @return the supervisor's process, as the node numbers it, for {@link #awaitEngine}
     */
    long startEngine() {
        Path log = names.engineLog(record.name());
        String script = "setsid gemel engine >>\"$0\" 2>&1 </dev/null & echo $!";
        ExecResult started =
                Tool.run(entering(List.of("bash", "-c", script, log.toString())), Tool.STEP_TIMEOUT, environment());
        if (!started.ok()) {
            throw engineFailed("cannot be started: " + started.whatItSaid(), log);
        }
        return Long.parseLong(started.out().strip());
    }

    /** Returns when the engine answers; a {@link Problem} with its last words when it ends, or takes too long. */
    void awaitEngine(long supervisor) {
        Path log = names.engineLog(record.name());
        Path process = inside(record.initPid(), Path.of("/proc", Long.toString(supervisor)));
        boolean done =
                Deadline.in(ENGINE_TIMEOUT).await(() -> engineAnswers() || Files.notExists(process.resolve("stat")));
        if (!done) {
            throw engineFailed("did not answer within " + Tool.seconds(ENGINE_TIMEOUT), log);
        }
        if (!engineAnswers()) {
            throw engineFailed("ended at once", log);
        }
    }

    private Problem engineFailed(String what, Path log) {
        return new Problem(
                "the engine of " + record.name() + " " + what + "\n" + lastLines(log),
                "mend what it says above, then run `gemel lab up` again");
    }

    boolean engineAnswers() {
        // A connection alone says nothing: the kernel takes it for an engine that was killed and is not gone yet.
        return engineState(ANSWER_TIMEOUT).isPresent();
    }

    /** What its engine says; nothing when none answers. */
    Optional<ClusterState> engineState(Duration within) {
        if (!isOn() || isFrozen()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new LocalClient(inside(record.initPid(), RUN.resolve("engine.sock"))).state(within));
        } catch (Problem e) {
            return Optional.empty();
        }
    }

    /** The engine, as this machine numbers it. */
    Optional<Long> enginePid() {
        return process("engine.pid");
    }

    /** The supervisor that runs, as the node numbers it. */
    Optional<Long> supervisor() {
        return process("supervisor.pid").map(NodeProcess::numberInside);
    }

    private Optional<Long> process(String pidFile) {
        try {
            long number = Long.parseLong(Files.readString(inside(record.initPid(), RUN.resolve(pidFile)))
                    .strip());
            return group().pids().stream()
                    .filter(pid -> NodeProcess.numberInside(pid) == number)
                    .findFirst();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** SIGKILL to the engine; returns when it is gone. Its supervisor goes on with another one. */
    void crashEngine() {
        long pid = requireEngine();
        long start = NodeProcess.start(pid);
        NodeProcess.kill(pid);
        if (!Deadline.in(POWER_OFF_TIMEOUT).await(() -> !NodeProcess.lives(pid, start))) {
            throw doesNotEnd(pid);
        }
    }

    /** SIGKILL to the engine, and no other one: returns when it is gone and its supervisor has released what it held. */
    void killEngine() {
        long pid = requireEngine();
        long start = NodeProcess.start(pid);
        long supervisor = process("supervisor.pid").orElse(0L);
        long supervisorStart = NodeProcess.start(supervisor);
        // It finds both when it goes on: that it is to end, and that there is no engine.
        NodeProcess.signal(supervisor, "STOP");
        NodeProcess.kill(pid);
        NodeProcess.signal(supervisor, "TERM");
        NodeProcess.signal(supervisor, "CONT");
        boolean ended = Deadline.in(POWER_OFF_TIMEOUT)
                .await(() -> !NodeProcess.lives(pid, start) && !NodeProcess.lives(supervisor, supervisorStart));
        if (!ended) {
            throw doesNotEnd(pid);
        }
    }

    /** Has the engine, if one runs, write what each of its threads does into its log. */
    void dumpThreads() {
        enginePid().ifPresent(pid -> NodeProcess.signal(pid, "QUIT"));
    }

    private long requireEngine() {
        return enginePid()
                .orElseThrow(() -> new Problem(
                        "no engine runs in " + record.name(),
                        "start it with `gemel lab start " + record.name() + nameOption() + "`"));
    }

    private Problem doesNotEnd(long pid) {
        return new Problem(
                "the engine of " + record.name() + " (process " + pid + ") does not end",
                "power the node off with `gemel lab kill " + record.name() + nameOption() + "`");
    }

    static String lastLines(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()))
                    .strip();
        } catch (IOException e) {
            return "(nothing in " + log + ")";
        }
    }
}
