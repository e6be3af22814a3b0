package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.kills.Check.Promise;
import io.gemel.engine.lab.volatiledisk.PowerCut;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** One round: load, kill, return, and the account of what was promised. */
final class Round {

    private static final long ALONE_MS = 30_000;
    private static final long SYNC_BEGINS_MS = 15_000;
    private static final long LOAD_AFTER_MS = 1_000;
    private static final long DUMP_MS = 500;
    private static final long TREES_MS = 15_000;
    private static final long TAKEOVER_MS = 60_000;

    /** What an application may be told when the file system is taken away from under it. */
    private static final Pattern TAKEN_AWAY = Pattern.compile("not connected|connection abort|Input/output error"
            + "|No such device|Connection aborted|Connection reset|Cannot send after");

    private final Cluster cluster;
    private final KillOptions options;
    private final Path logs;
    private final Plan plan;
    private final String primary;
    private final String second;
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final List<String> story = new CopyOnWriteArrayList<>();
    private final EngineWatch watch;
    private final Recovery recovery;
    private final long beganNs = System.nanoTime();
    private Thread command;
    private int epoch;
    private boolean loadMayFail;

    /** @param epoch number of the first load of this round; a round has at most two */
    Round(Cluster cluster, KillOptions options, Path logs, Plan plan, String primary, int epoch) {
        this.cluster = cluster;
        this.options = options;
        this.logs = logs;
        this.plan = plan;
        this.primary = primary;
        this.second = Cluster.other(primary);
        this.epoch = epoch;
        this.watch = new EngineWatch(cluster);
        this.recovery = new Recovery(cluster);
    }

    /** What was found; the story and the problems are to be read then. */
    boolean run() throws IOException, InterruptedException {
        LoadRun load = startLoad(primary);
        Deadline.pause(plan.loadMs());
        begin();
        Deadline.pause(plan.killMs());
        loadMayFail = plan.kill().primary || plan.moment() == Moment.SWAP;
        kill();
        boolean goesOn = plan.kill().how == Kill.How.CRASH;
        if (plan.kill().primary && !goesOn && !load.awaitEnd()) {
            problems.add("the application hung when " + plan.kill().word() + " was killed; it was ended");
        }
        if (!goesOn) {
            comeBack(load);
        }
        recovery.awaitMirror().ifPresent(this::hangs);
        if (goesOn && plan.moment() != Moment.SWAP && recovery.primary().equals(primary)) {
            // Where the other node did not take over meanwhile it is a pause, not an error.
            loadMayFail = false;
        }
        endCommand();
        end(load);
        accountFor(load);
        return problems.isEmpty();
    }

    private void hangs(String problem) {
        problems.add(problem);
        List.of(primary, second).forEach(cluster.lab::dumpThreads);
        Deadline.pause(DUMP_MS);
    }

    private void tell(String what) {
        story.add("%6.1f s  %s".formatted((System.nanoTime() - beganNs) / 1e9, what));
    }

    private LoadRun startLoad(String node) throws IOException {
        LoadRun load = new LoadRun(cluster, logs, epoch, node, plan.lot());
        if (!load.awaitRunning()) {
            throw new Problem(
                    "the load did not start in " + node + ": " + load.output() + " " + load.failures(),
                    "look at gemel state");
        }
        return load;
    }

    /** Brings about the moment in which something is to be killed. */
    private void begin() {
        switch (plan.moment()) {
            case MIRROR -> {}
            case SWAP -> {
                inBackground(primary, "swap");
                if (!Deadline.in(Duration.ofMillis(SYNC_BEGINS_MS)).await(() -> watch.saw(primary, "command swap"))) {
                    tell("the swap did not begin within " + SYNC_BEGINS_MS / 1_000 + " s");
                }
            }
            case RESYNC_CUT -> {
                cluster.lab.cut("n1", "n2", Cluster.REPLICATION);
                awaitAlone();
                Deadline.pause(plan.awayMs());
                cluster.lab.heal();
                awaitSync();
            }
            case RESYNC_STOP -> {
                ExecResult stopped = cluster.gemel(second, "stop", Cluster.MODULE);
                if (!stopped.ok()) {
                    problems.add("stop of the second: " + stopped.whatItSaid());
                }
                awaitAlone();
                Deadline.pause(plan.awayMs());
                inBackground(second, "start");
                awaitSync();
            }
        }
        tell(plan.moment().word() + " has begun");
    }

    private void awaitAlone() {
        boolean alone = Deadline.in(Duration.ofMillis(ALONE_MS))
                .await(() -> cluster.state(primary)
                        .filter(n -> n.state() == State.ALONE)
                        .isPresent());
        if (!alone) {
            problems.add(primary + " did not go ALONE");
        }
    }

    private void awaitSync() {
        if (!Deadline.in(Duration.ofMillis(SYNC_BEGINS_MS)).await(watch::syncAnnounced)) {
            tell("no resynchronisation was announced within " + SYNC_BEGINS_MS / 1_000 + " s");
        }
    }

    private void inBackground(String node, String verb) {
        command = Thread.ofPlatform().daemon().start(() -> {
            ExecResult result = cluster.gemel(node, verb, Cluster.MODULE, "--timeout", "60");
            tell("gemel " + verb + " on " + node + (result.ok() ? " done" : ": " + result.whatItSaid()));
        });
    }

    private void endCommand() throws InterruptedException {
        if (command != null) {
            command.join(TAKEOVER_MS);
        }
    }

    private void kill() throws InterruptedException {
        List<Thread> hands = new ArrayList<>();
        for (String victim : plan.kill().victims(primary, second)) {
            hands.add(Thread.ofPlatform().start(() -> kill(victim)));
        }
        for (Thread hand : hands) {
            hand.join();
        }
    }

    private void kill(String node) {
        try {
            switch (plan.kill().how) {
                case ENGINE -> cluster.lab.killEngine(node);
                case CRASH -> cluster.lab.crashEngine(node);
                case NODE -> cluster.run(node, "bash", "-c", "kill -KILL -1");
                case POWER -> {
                    PowerCut cut = plan.losesAll() ? PowerCut.loseAll() : PowerCut.loseSome(plan.lot());
                    tell(node + ": " + cluster.lab.powerCut(node, cut));
                }
            }
            tell(node + " was hit");
        } catch (Problem e) {
            tell(node + " could not be hit: " + e.what());
        }
    }

    /** Starts again what was killed, perhaps after the second took over. */
    private void comeBack(LoadRun load) throws IOException, InterruptedException {
        if (plan.staysDown()) {
            takeOver(load);
        } else {
            Deadline.pause(plan.backMs());
        }
        List<Thread> hands = new ArrayList<>();
        for (String victim : plan.kill().victims(primary, second)) {
            hands.add(Thread.ofPlatform().start(() -> start(victim)));
        }
        for (Thread hand : hands) {
            hand.join();
        }
    }

    private void start(String node) {
        try {
            cluster.lab.start(node);
            tell(node + " was started again");
        } catch (Problem e) {
            problems.add(node + " could not be started again: " + e.getMessage());
        }
    }

    /** The primary's node stays down: the other one takes over by itself, and the application goes on. */
    private void takeOver(LoadRun load) throws IOException, InterruptedException {
        boolean serves = Deadline.in(Duration.ofMillis(TAKEOVER_MS))
                .await(() -> cluster.state(second)
                        .filter(n -> n.state() == State.ALONE && n.readiness() == Readiness.READY)
                        .isPresent());
        if (!serves) {
            problems.add(second + " did not take over: " + Recovery.describe(cluster.state(second)));
            return;
        }
        tell(second + " took over");
        check(second, promise(second));
        reportFailures(load);
        epoch++;
        LoadRun after = startLoad(second);
        Deadline.pause(LOAD_AFTER_MS);
        loadMayFail = false;
        end(after);
        reportFailures(after);
    }

    private void end(LoadRun load) throws IOException, InterruptedException {
        if (load.isRunning() && !load.stop()) {
            problems.add("the application in " + load.node + " hung; it was ended");
        }
    }

    private void reportFailures(LoadRun load) throws IOException {
        tell(load.acknowledged() + " operations were acknowledged in " + load.node);
        for (String failure : load.failures()) {
            if (!loadMayFail || !TAKEN_AWAY.matcher(failure).find()) {
                problems.add("the application was told " + failure);
            }
        }
    }

    private void accountFor(LoadRun load) throws IOException {
        if (epoch == load.epoch) {
            reportFailures(load);
        }
        String serves = recovery.primary().isEmpty() ? primary : recovery.primary();
        // A second load was not killed by anything: all of it must be there.
        check(serves, epoch == load.epoch ? promise(serves) : Promise.WRITES);
        compareTrees();
        for (String line : watch.unexpected()) {
            problems.add("log of " + line);
        }
        watch.syncs().forEach(line -> tell("resync: " + line));
        recovery.typed().forEach(line -> tell("typed: " + line));
    }

    /** What the kill leaves to be asked for on the node that serves now. */
    private Promise promise(String serves) {
        boolean power = plan.kill().how == Kill.How.POWER;
        if (power && plan.kill().primary && (plan.kill().second || plan.moment().isResync())) {
            return Promise.FLUSHES;
        }
        boolean fromTheSecond = !serves.equals(primary) || (power && plan.kill().primary);
        return options.syncOnFsync() && plan.kill().primary && fromTheSecond ? Promise.FLUSHES : Promise.WRITES;
    }

    private void check(String node, Promise promise) {
        ExecResult result = cluster.run(
                node, Cluster.program(Check.class, logs, epoch, promise).toArray(new String[0]));
        tell("checked on " + node + ": every one of the " + promise.name().toLowerCase(java.util.Locale.ROOT)
                + (result.ok() ? " is there" : " should be there"));
        if (!result.ok()) {
            (result.out() + result.err()).lines().forEach(line -> problems.add(node + ": " + line));
        }
    }

    /** Times that are still under way are waited for. */
    private void compareTrees() {
        List<String> one = new ArrayList<>();
        List<String> two = new ArrayList<>();
        boolean same = Deadline.in(Duration.ofMillis(TREES_MS)).await(() -> {
            one.clear();
            one.addAll(cluster.manifest("n1"));
            two.clear();
            two.addAll(cluster.manifest("n2"));
            return one.equals(two) && one.size() > 1;
        });
        if (!same) {
            one.stream()
                    .filter(line -> !two.contains(line))
                    .limit(10)
                    .forEach(line -> problems.add("only on n1: " + line));
            two.stream()
                    .filter(line -> !one.contains(line))
                    .limit(10)
                    .forEach(line -> problems.add("only on n2: " + line));
        }
    }

    String primaryNow() {
        return recovery.primary();
    }

    int lastEpoch() {
        return epoch;
    }

    List<String> problems() {
        return problems;
    }

    List<String> story() {
        return story;
    }

    /** How each resynchronisation of the round was done. */
    List<String> syncs() {
        return watch.syncs();
    }

    int typed() {
        return recovery.typed().size();
    }
}
