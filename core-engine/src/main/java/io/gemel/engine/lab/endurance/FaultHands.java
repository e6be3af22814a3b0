package io.gemel.engine.lab.endurance;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabState;
import io.gemel.protocol.model.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Does faults to the lab, and takes them back. */
final class FaultHands {

    /** Within this time a node that goes on after a freeze has noticed that it was replaced, and stopped the application. */
    private static final Duration NOTICED = Duration.ofSeconds(3);

    private final EnduranceLab up;
    private final Lab lab;
    private final Chronicle chronicle;
    private final List<Instant> thaws = new ArrayList<>();
    private final Set<FaultKind> lately = EnumSet.noneOf(FaultKind.class);
    private final Set<String> filled = new HashSet<>();

    FaultHands(EnduranceLab up, Chronicle chronicle) {
        this.up = up;
        this.lab = up.lab;
        this.chronicle = chronicle;
    }

    /** Does a fault; one that cannot be done now, because of another, is told and left out. */
    void inflict(Fault fault) {
        String primary = up.primary();
        String node = fault.toPrimary() ? primary : EnduranceLab.other(primary);
        String other = EnduranceLab.other(node);
        chronicle.tell(fault.words(node));
        lately.add(fault.kind());
        try {
            switch (fault.kind()) {
                case KILL_NODE -> lab.kill(node);
                case KILL_BOTH -> {
                    lab.kill(node);
                    lab.kill(other);
                }
                case CRASH_ENGINE -> lab.crashEngine(node);
                case KILL_ENGINE -> lab.killEngine(node);
                case CUT -> lab.cut(node, other);
                case CUT_ONE_WAY -> lab.networks().forEach(network -> lab.cutOneWay(node, other, network));
                case CUT_LINK -> lab.cut(node, other, EnduranceLab.LINK);
                case CUT_BEATS -> lab.cut(node, other, EnduranceLab.BEATS);
                case CUT_CLIENTS -> lab.cut(node, "client", EnduranceLab.LINK);
                case PULL -> lab.unplug(node, EnduranceLab.LINK);
                case FREEZE -> lab.freeze(node);
                case FILL -> {
                    filled.add(node);
                    lab.fill(node);
                }
                case SWAP -> swap(node);
            }
        } catch (Problem e) {
            chronicle.tell("  left out: " + e.what());
        }
    }

    private void swap(String node) {
        ExecResult result = up.gemel(node, "swap", up.module());
        chronicle.tell(result.ok() ? "  swapped" : "  refused: " + result.whatItSaid());
    }

    /** Mends everything; what cannot be mended is an anomaly. */
    void mend() {
        for (LabState.Node node : lab.state().nodes()) {
            if (node.power().equals("frozen")) {
                attempt("thaw", node.node(), () -> lab.thaw(node.node()));
                thaws.add(Instant.now());
            }
        }
        lab.heal();
        for (String node : EnduranceLab.NODES) {
            // An engine whose disk is full may not start; a node that is off has no disk to empty.
            if (filled.contains(node) && isOn(node)) {
                attempt("empty the disk of", node, () -> lab.unfill(node));
                filled.remove(node);
            }
            attempt("start", node, () -> lab.start(node));
            if (filled.remove(node)) {
                attempt("empty the disk of", node, () -> lab.unfill(node));
            }
        }
        chronicle.tell("all mended");
    }

    /** Whether a frozen node had gone on just before that, or went on just then. */
    boolean thawedAround(Instant time) {
        return thaws.stream()
                .anyMatch(thaw -> Duration.between(thaw, time).abs().compareTo(NOTICED) < 0);
    }

    /** What was done since this was asked last. */
    Set<FaultKind> lately() {
        Set<FaultKind> done = Set.copyOf(lately);
        lately.clear();
        return done;
    }

    private boolean isOn(String node) {
        return lab.state().nodes().stream()
                .anyMatch(each -> each.node().equals(node) && !each.power().equals("off"));
    }

    private void attempt(String what, String node, Runnable action) {
        try {
            action.run();
        } catch (Problem e) {
            chronicle.anomaly("cannot " + what + " " + node + ": " + e.what());
        }
    }
}
