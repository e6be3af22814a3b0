package io.gemel.engine.cluster;

import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.engine.cluster.Replica.Mirror;
import io.gemel.engine.cluster.Replica.Opened;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What follows from the findings of the checkers: the application is started anew, the role is left, the module waits or is
 * stopped. Not more often than {@link ApplicationRules#maxLoops} within its interval: an application that fails again
 * and again is not started for ever.
 */
final class ApplicationDuty {

    /** How long what the module needs may be missing before this node stops serving without a second that can. */
    static final long MISSING_MS = 5_000;

    private final Replica replica;
    private final Procedures procedures;
    private final PrimaryDuty primary;
    private final Handover handover;
    private final PeerLoss loss;
    private final ApplicationRules rules;
    private final Findings findings;

    /** When actions were taken. */
    private final Deque<Long> failuresMs = new ArrayDeque<>();

    /** What was said already of rules that hold and whose action is not possible. */
    private final Set<Rule> complained = new HashSet<>();

    private boolean watching;
    private long run;
    private String addressObstacle = "";
    private Optional<Long> missingSinceMs = Optional.empty();

    /** As primary: why the application did not start again. */
    private Optional<String> down = Optional.empty();

    /** It failed too often: why the module is to be stopped, and whether that has led to a handing over already. */
    private Optional<String> exhausted = Optional.empty();

    private boolean handedOver;

    ApplicationDuty(
            Replica replica,
            Procedures procedures,
            PrimaryDuty primary,
            Handover handover,
            PeerLoss loss,
            ApplicationRules rules) {
        this.replica = replica;
        this.procedures = procedures;
        this.primary = primary;
        this.handover = handover;
        this.loss = loss;
        this.rules = rules;
        this.findings = new Findings(rules);
    }

    void failuresFound(Event.FailuresFound found, long nowMs) {
        found.atMs().stream().filter(ms -> ms <= nowMs).forEach(failuresMs::add);
    }

    /** A person wants it to run: what was before does not count. */
    void forgive() {
        exhausted = Optional.empty();
        if (!failuresMs.isEmpty()) {
            failuresMs.clear();
            replica.emit(new Effect.KeepFailures(List.of()));
        }
    }

    void addressesLookedAt(String obstacle) {
        if (!obstacle.equals(addressObstacle)) {
            addressObstacle = obstacle;
            replica.emit(new Effect.LogEvent(
                    obstacle.isEmpty()
                            ? "clients can reach this node again"
                            : "no client reaches this node: " + obstacle));
        }
    }

    void checkerSaid(Event.CheckerSaid said, long nowMs) {
        boolean resource = rules.resources().contains(said.checker());
        boolean current = watching && said.run() == run && rules.checkers().contains(said.checker());
        if ((resource || current) && findings.note(said, nowMs)) {
            String forgiven = findings.isForgiven(said.checker(), nowMs)
                    ? "; not counted yet, for the application was only just started"
                    : "";
            replica.emit(new Effect.LogEvent(
                    EventKind.CHECKER,
                    said.checker() + " is " + said.result().word() + (said.why().isEmpty() ? "" : ": " + said.why())
                            + forgiven));
        }
    }

    /** Before anything is decided: what keeps the module from this node. */
    void look(long nowMs) {
        replica.missing = holding(rule -> rule.action() == Action.WAIT, nowMs);
        replica.ailment = holding(
                rule -> rule.action() != Action.WAIT
                        && rule.action() != Action.NONE
                        && !rules.concernsApplication(rule),
                nowMs);
        String missing = replica.missing.isEmpty() ? "" : Replica.MISSING + ": " + replica.missing;
        String obstacle = addressObstacle.isEmpty() || missing.isEmpty()
                ? addressObstacle + missing
                : addressObstacle + "; " + missing;
        replica.obstacle = obstacle;
    }

    private String holding(Predicate<Rule> which, long nowMs) {
        return rules.rules().stream()
                .filter(which)
                .filter(rule -> findings.holds(rule, nowMs))
                .map(findings::why)
                .collect(Collectors.joining("; "));
    }

    /** After everything was decided: whether the application runs, so that its checkers are to look. */
    void watch(long nowMs) {
        if (!replica.state.isPrimary()) {
            down = Optional.empty();
        }
        boolean runs = replica.state.isPrimary()
                && replica.procedure.isEmpty()
                && replica.opened == Opened.PRIMARY
                && down.isEmpty();
        if (runs == watching || (rules.checkers().isEmpty() && rules.resources().isEmpty())) {
            return;
        }
        watching = runs;
        missingSinceMs = Optional.empty();
        complained.clear();
        findings.applicationChanged(nowMs);
        if (runs) {
            run++;
            replica.emit(new Effect.Watch(run));
        } else {
            replica.emit(new Effect.Unwatch());
        }
    }

    /** Whether nothing is owed to it: it did not fail to start again, nor too often. */
    boolean isWanted() {
        return down.isEmpty() && exhausted.isEmpty();
    }

    /** What a primary with nothing on its way does. */
    void settle(long nowMs) {
        // An application whose calls wait could not end; one without addresses, for the peer serves too, has no
        // clients.
        boolean not = replica.mirror == Mirror.INTERRUPTED || replica.goAloneOwed || replica.yielded;
        if (replica.procedure.isPresent() || replica.opened != Opened.PRIMARY || not) {
            return;
        }
        if (exhausted.isPresent()) {
            stopExhausted(nowMs);
        } else if (down.isPresent()) {
            restartAgain(down.get(), nowMs);
        } else if (watching && !standsDown(nowMs)) {
            followRules(nowMs);
        }
    }

    /** What a node does that handed over because its application failed too often. */
    void settleExhausted(long nowMs) {
        if (exhausted.isPresent() && replica.procedure.isEmpty() && !replica.handingOver) {
            stopExhausted(nowMs);
        }
    }

    private void followRules(long nowMs) {
        for (Rule rule : rules.rules()) {
            boolean holds = rule.action() != Action.WAIT && rule.action() != Action.NONE && findings.holds(rule, nowMs);
            if (!holds) {
                complained.remove(rule);
            } else if (follow(rule, nowMs)) {
                return;
            }
        }
    }

    /** Whether something was begun. */
    private boolean follow(Rule rule, long nowMs) {
        String why = findings.why(rule);
        switch (rule.action()) {
            case RESTART -> restart(why, "", nowMs);
            case STOP -> {
                say("stop: " + why);
                primary.stop(Optional.empty(), false, why, nowMs);
            }
            case STOPSTART, SWAP -> {
                Optional<String> refusal = noSecond(nowMs);
                boolean here = rule.action() == Action.STOPSTART && rules.concernsApplication(rule);
                if (refusal.isEmpty()) {
                    handOver(rule.action(), why, nowMs);
                } else if (here) {
                    restart(why, "; no second takes over, for " + refusal.get(), nowMs);
                } else {
                    if (complained.add(rule)) {
                        say(rule.action().word() + " is not possible: " + refusal.get() + "; " + replica.names.node()
                                + " goes on, although " + why);
                    }
                    return false;
                }
            }
            case WAIT, NONE -> {
                return false;
            }
        }
        return true;
    }

    private void say(String text) {
        replica.emit(new Effect.LogEvent(EventKind.ACTION, text));
    }

    /** Why the peer cannot take over now, or empty. */
    private Optional<String> noSecond(long nowMs) {
        Optional<String> refusal = Refusals.ofSwap(replica).map(Problem::what);
        String ailment = replica.reachablePeer().map(PeerStatus::ailment).orElse("");
        if (refusal.isEmpty() && !ailment.isEmpty()) {
            return Optional.of("on " + replica.names.peer() + " " + ailment);
        }
        boolean silent = nowMs - replica.peerSaidMs > AutomaticSwap.SILENCE_MS;
        return refusal.isEmpty() && silent ? Optional.of(replica.names.peer() + " is silent") : refusal;
    }

    /** Whether one more action is within the bound; if not, the module is stopped. */
    private boolean counts(String why, long nowMs) {
        failuresMs.removeIf(ms -> nowMs - ms > rules.loopIntervalMs());
        if (failuresMs.size() >= rules.maxLoops()) {
            String times = "it failed more than " + rules.maxLoops() + " times within " + hours(rules.loopIntervalMs());
            exhausted =
                    Optional.of(times + ", last because " + why + ": find the cause, then " + replica.command("start"));
            handedOver = false;
            say("stop: " + exhausted.get());
            stopExhausted(nowMs);
            return false;
        }
        failuresMs.add(nowMs);
        replica.emit(new Effect.KeepFailures(List.copyOf(failuresMs)));
        return true;
    }

    private static String hours(long ms) {
        return ms % 3_600_000 == 0 ? ms / 3_600_000 + " h" : ms / 1_000 + " s";
    }

    private String count() {
        return " (action " + failuresMs.size() + " of at most " + rules.maxLoops() + " within "
                + hours(rules.loopIntervalMs()) + ")";
    }

    private void handOver(Action action, String why, long nowMs) {
        if (counts(why, nowMs)) {
            say(action.word() + " to " + replica.names.peer() + ": " + why + count());
            handover.handOverFailing(why, nowMs);
        }
    }

    private void restart(String why, String moreover, long nowMs) {
        if (!counts(why, nowMs)) {
            return;
        }
        down = Optional.empty();
        say("restart: " + why + moreover + count());
        replica.transitionTo(replica.state, Readiness.TRANSIENT, "restarting the application: " + why);
        // The directories and the addresses stay; an application that does not heed its stop script is started all the
        // same.
        Procedure procedure = new Procedure("restarting the application", true)
                .attempt(new Effect.StopApplication())
                .awaitMirror()
                .then(new Effect.StartApplication());
        procedure.whenDone(() -> handover.becomeServing("the application was restarted, for " + why));
        procedure.whenFailed(problem -> {
            down = Optional.of("it did not start again: " + problem.what());
            replica.transitionTo(replica.state, Readiness.TRANSIENT, down.get());
        });
        procedures.start(procedure, nowMs);
    }

    private void restartAgain(String why, long nowMs) {
        if (noSecond(nowMs).isEmpty()) {
            handOver(Action.STOPSTART, why, nowMs);
        } else {
            restart(why, "", nowMs);
        }
    }

    /** A second that can serves on; if there is none, nobody does. */
    private void stopExhausted(long nowMs) {
        if (replica.state == State.PRIM && !handedOver && noSecond(nowMs).isEmpty()) {
            handedOver = true;
            handover.handOverFailing(exhausted.orElseThrow(), nowMs);
        } else {
            String why = exhausted.orElseThrow();
            exhausted = Optional.empty();
            primary.stop(Optional.empty(), false, why, nowMs);
        }
    }

    /** Whether it begins to: what the module needs is missing, and the role did not move in the meantime. */
    private boolean standsDown(long nowMs) {
        missingSinceMs = replica.missing.isEmpty() ? Optional.empty() : Optional.of(missingSinceMs.orElse(nowMs));
        if (missingSinceMs.filter(ms -> nowMs - ms >= MISSING_MS).isEmpty()) {
            return false;
        }
        String why = "waits: " + replica.obstacle;
        say("wait: " + replica.missing);
        replica.transitionTo(replica.state, Readiness.TRANSIENT, "stops serving: " + replica.missing);
        Procedure procedure = new Procedure("standing down", false)
                .attempt(new Effect.StopApplication(), new Effect.ReleaseAddresses(), new Effect.ClosePrimary(false));
        procedure.whenDone(() -> {
            loss.dropMirror();
            replica.request = 0;
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, why);
        });
        procedures.start(procedure, nowMs);
        return true;
    }
}
