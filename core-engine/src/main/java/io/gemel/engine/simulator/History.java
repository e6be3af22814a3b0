package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.ModuleMachine.DefaultPrimary;
import io.gemel.engine.cluster.Outcome;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** One history: a service with clients under random commands, cuts, crashes and failures, until all faults end. */
final class History {

    private static final int MOMENTS = 100;
    private static final int CALM_SWAPS = 5;
    private static final int ACTS = 20;

    /** Moments to each death of an engine that is replaced. */
    private static final int ONE_DEATH_IN = 8;

    /** Longest that a swap without faults may leave clients without an address, in milliseconds. */
    private static final long SWITCH_MS = 10_000;

    private static final long REST_MS = 70_000;
    private static final long SETTLE_MS = 5_000;

    final SimulatedCluster cluster;
    private final Random random;

    /** Whether the module has checkers; and when the application fails, which draws nothing from the other. */
    private final boolean checked;

    private final Random faults;

    /** Of its own, so that a history without such deaths is what it was before there were any. */
    private final Optional<Random> engineDeaths;

    History(long seed, Bug bug, Optional<Trace> trace) {
        cluster = new SimulatedCluster(seed, bug, trace, defaultPrimary(seed), rules(seed));
        checked = hasCheckers(seed);
        faults = new Random(~seed);
        random = cluster.random;
        engineDeaths = Math.floorMod(seed, 4L) == 0 ? Optional.of(new Random(~seed)) : Optional.empty();
        cluster.witness = random.nextBoolean()
                ? SimulatedCluster.Witness.LEASE
                : List.of(SimulatedCluster.Witness.values()).get(random.nextInt(3));
        cluster.beatsLost = random.nextInt(3) == 0 ? random.nextInt(20) : 0;
    }

    /** Every third history has one. */
    private static Optional<DefaultPrimary> defaultPrimary(long seed) {
        return switch ((int) Math.floorMod(seed, 6L)) {
            case 0 -> Optional.of(new DefaultPrimary("n1", SimulatedCluster.SWAP_BACK_MS));
            case 3 -> Optional.of(new DefaultPrimary("n2", SimulatedCluster.SWAP_BACK_MS));
            default -> Optional.empty();
        };
    }

    /** Every fourth history has them. */
    private static boolean hasCheckers(long seed) {
        return Math.floorMod(seed, 4L) == 0;
    }

    private static ApplicationRules rules(long seed) {
        if (!hasCheckers(seed)) {
            return ApplicationRules.NONE;
        }
        List<Action> ofApplication = List.of(Action.RESTART, Action.STOPSTART, Action.STOP);
        List<Action> ofResource = List.of(Action.WAIT, Action.STOPSTART, Action.SWAP);
        return SimulatedChecks.rules(ofApplication.get((int) Math.floorMod(seed / 4, 3L)), ofResource.get((int)
                Math.floorMod(seed / 12, 3L)));
    }

    /** The application dies, or what the module needs goes or comes back. */
    private void checkersFind() {
        SimulatedNode node = faults.nextBoolean() ? cluster.n1 : cluster.n2;
        switch (faults.nextInt(20)) {
            case 0 -> {
                cluster.n1.checks.killApplication();
                cluster.n2.checks.killApplication();
            }
            case 1 -> node.checks.resource(false);
            case 2, 3 -> node.checks.resource(true);
            default -> {}
        }
    }

    /** Runs it; a {@link BrokenPromise} or what the real parts throw says what was wrong. */
    void run() {
        cluster.connect();
        cluster.n1.command(Verb.PRIM, false);
        cluster.run(3_000);
        cluster.n2.command(Verb.SECOND, false);
        cluster.loads = true;
        cluster.run(random.nextInt(15_000));
        if (random.nextInt(10) == 0) {
            calmSwaps();
        }
        for (int moment = 0; moment < MOMENTS; moment++) {
            if (random.nextInt(3) == 0) {
                // So that something is on its way when it happens.
                cluster.n1.application.hurry();
                cluster.n2.application.hurry();
                cluster.run(random.nextInt(40));
            }
            act(random.nextInt(ACTS));
            if (checked) {
                checkersFind();
            }
            engineDeaths.ifPresent(this::perhapsReplaceEngine);
            cluster.run(random.nextInt(random.nextInt(10) == 0 ? 20_000 : 700));
            whatIsServedHasEverything();
        }
        comesToRest();
    }

    private SimulatedNode anyNode() {
        return random.nextBoolean() ? cluster.n1 : cluster.n2;
    }

    private void act(int what) {
        SimulatedNode node = anyNode();
        switch (what) {
            case 0, 1 -> node.command(Verb.SWAP, false);
            case 2 -> node.command(Verb.STOP, false);
            case 3 -> node.command(Verb.START, false);
            case 4, 5 -> carefulPrim(node);
            case 6, 7 -> node.command(Verb.SECOND, false);
            case 8 -> cluster.cut();
            case 9, 10 -> revive();
            case 11 -> failAndCrash(node);
            case 12 -> node.disk.flushAll();
            case 13 -> cluster.freeze(node, random.nextInt(12_000));
            case 14 -> cluster.beats(node, false);
            case 15 -> {
                cluster.beats(cluster.n1, true);
                cluster.beats(cluster.n2, true);
            }
            case 16 -> cluster.witnessAnswers[random.nextInt(2)] = random.nextInt(3) > 0;
            case 17 -> node.slow = !node.slow;
            case 18 -> cluster.unplug(node);
            case 19 -> {
                cluster.n1.obstacle = "";
                cluster.n2.obstacle = "";
            }
            default -> throw new IllegalStateException();
        }
    }

    /** For a time that is a pause for the peer, or one in which it takes over. */
    private void perhapsReplaceEngine(Random dice) {
        if (dice.nextInt(ONE_DEATH_IN) == 0) {
            SimulatedNode node = dice.nextBoolean() ? cluster.n1 : cluster.n2;
            SimulatedNode serving = node.serves() ? node : node.peer;
            cluster.replaceEngine(serving, 20 + dice.nextInt(dice.nextBoolean() ? 500 : 6_000));
        }
    }

    private void failAndCrash(SimulatedNode node) {
        int kind = random.nextInt(9);
        node.fails = random.nextBoolean() ? effect -> false : effect -> kindOf(effect) % 9 == kind;
        if (random.nextInt(3) == 0) {
            // What was not flushed anywhere does not outlive the loss of power of both: that is forgiven.
            cluster.crash(node, random.nextBoolean());
        }
    }

    /** The same in each run, as the hash of a class is not. */
    private static int kindOf(Effect effect) {
        return effect.getClass().getSimpleName().hashCode() & Integer.MAX_VALUE;
    }

    /** A person who types prim only where the other node is seen, so that the program can judge. */
    private void carefulPrim(SimulatedNode node) {
        if (cluster.linkStands()) {
            node.command(Verb.PRIM, false);
        }
    }

    private void revive() {
        for (SimulatedNode node : List.of(cluster.n1, cluster.n2)) {
            if (!node.engineUp && !node.isReplaced()) {
                node.boot();
            }
        }
        cluster.connect();
    }

    /** Without faults a swap loses nothing, and never leaves two addresses, or none for long. */
    private void calmSwaps() {
        cluster.run(SimulatedCluster.SWAP_BACK_MS + SWITCH_MS);
        for (int i = 0; i < CALM_SWAPS && (cluster.mirrors(cluster.n1) || cluster.mirrors(cluster.n2)); i++) {
            SimulatedNode before = cluster.n1.serves() ? cluster.n1 : cluster.n2;
            String id = before.command(Verb.SWAP, false);
            long sinceMs = cluster.nowMs();
            boolean ended = cluster.runUntil(SWITCH_MS, () -> {
                before.require(!(before.addresses && before.peer.addresses), "a swap leaves two addresses");
                return before.peer.serves() && cluster.mirrors(before.peer);
            });
            before.require(ended, "a swap without faults did not end within " + SWITCH_MS + " ms, begun at " + sinceMs);
            Outcome outcome = before.answers.get(id);
            before.require(
                    outcome == null || outcome instanceof Outcome.Done, "a swap without faults failed: " + outcome);
            cluster.run(100L + random.nextInt(3_000));
            whatIsServedHasEverything();
        }
    }

    private void whatIsServedHasEverything() {
        for (SimulatedNode node : List.of(cluster.n1, cluster.n2)) {
            if (node.acknowledges() && !cluster.mayDiverge()) {
                cluster.acknowledged.require(node);
            }
            cluster.requireSame(node);
        }
    }

    /** Once faults end, a person gets from any state to a mirror without force, and nothing is lost. */
    private void comesToRest() {
        cluster.n1.fails = effect -> false;
        cluster.n2.fails = effect -> false;
        cluster.n1.checks.resource(true);
        cluster.n2.checks.resource(true);
        cluster.n1.obstacle = "";
        cluster.n2.obstacle = "";
        cluster.n1.slow = false;
        cluster.n2.slow = false;
        cluster.beatsLost = 0;
        cluster.beats(cluster.n1, true);
        cluster.beats(cluster.n2, true);
        cluster.run(15_000);
        revive();
        cluster.run(10_000);
        revive();
        awaitService();
        SimulatedNode primary = serving();
        if (!primary.serves()) {
            primary.command(Verb.PRIM, false);
            primary.peer.command(Verb.PRIM, false);
            awaitService();
            primary = serving();
        }
        if (!primary.serves() && cluster.mayDiverge()) {
            primary.command(Verb.PRIM, true);
            awaitService();
            primary = serving();
        }
        primary.require(
                primary.serves(),
                "nobody serves although all is well: " + primary.status() + ", " + primary.peer.status());
        primary.peer.command(Verb.SECOND, false);
        cluster.run(REST_MS);
        // The default primary may have got the role back, or be about to.
        cluster.runUntil(SWITCH_MS, () -> cluster.mirrors(cluster.n1) || cluster.mirrors(cluster.n2));
        primary = serving();
        primary.require(
                cluster.mirrors(primary),
                "no mirror although all is well: " + primary.status() + ", " + primary.peer.status());
        primary.require(primary.is(State.PRIM), "is not PRIM although all is well");
        primary.require(primary.write(), "the service does not write although all is well");
        whatIsServedHasEverything();
        cluster.loads = false;
        cluster.run(5_000);
        primary.require(
                primary.primary.filter(SimulatedPrimary::isQuiet).isPresent(), "calls wait although all is well");
        cluster.requireSame(primary);
        whatIsServedHasEverything();
    }

    /** Until somebody serves, and what was begun has come to its end. */
    private void awaitService() {
        cluster.runUntil(REST_MS, () -> cluster.n1.serves() || cluster.n2.serves());
        cluster.run(SETTLE_MS);
        cluster.runUntil(SWITCH_MS, () -> cluster.n1.serves() || cluster.n2.serves());
    }

    private SimulatedNode serving() {
        return cluster.n2.serves() ? cluster.n2 : cluster.n1;
    }
}
