package io.gemel.engine.module;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.ApplicationRules.Condition;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.protocol.model.CheckerResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How a module is watched, and what follows.
 *
 * @param checkers in the order of the file
 * @param rules as written, in the order of the file
 * @param maxLoops so many actions within {@code loopInterval}; one more stops the module
 * @param loopInterval see {@code maxLoops}
 * @param startTimeout so long after its start the application may be down, unless it was up before
 */
public record Surveillance(
        List<CheckerConfig> checkers, List<Rule> rules, int maxLoops, Duration loopInterval, Duration startTimeout) {

    public static final int MAX_CHECKERS = 32;
    public static final int MAX_RULES = 32;

    /** Of a module without checkers. */
    public static final Surveillance NONE = new Surveillance(
            List.of(),
            List.of(),
            ApplicationRules.DEFAULT_MAX_LOOPS,
            ApplicationRules.DEFAULT_LOOP_INTERVAL,
            ApplicationRules.DEFAULT_START_TIMEOUT);

    public Surveillance {
        checkers = List.copyOf(checkers);
        rules = List.copyOf(rules);
        Objects.requireNonNull(loopInterval, "loopInterval");
        Objects.requireNonNull(startTimeout, "startTimeout");
    }

    /** Names of other modules that this one needs. */
    public List<String> needs() {
        return checkers.stream()
                .map(CheckerConfig::probe)
                .filter(Probe.OtherModule.class::isInstance)
                .map(probe -> ((Probe.OtherModule) probe).module())
                .toList();
    }

    /** Whether it looks in each state, not only while the application runs. */
    public boolean isResource(CheckerConfig checker) {
        boolean awaited = checker.action() == Action.WAIT
                || rules.stream()
                        .filter(rule -> rule.action() == Action.WAIT)
                        .anyMatch(rule -> mentions(rule, checker.name()));
        return checker.probe().kind().isResource() || awaited;
    }

    private static boolean mentions(Rule rule, String checker) {
        return rule.conditions().stream()
                .anyMatch(condition -> condition.checker().equals(checker));
    }

    /** Whether a failure rule says what follows. */
    public boolean isInRule(CheckerConfig checker) {
        return rules.stream().anyMatch(rule -> mentions(rule, checker.name()));
    }

    /** As the brain wants it: the rules that were written, then what each checker says for itself. */
    public ApplicationRules applicationRules() {
        Set<String> ofApplication = new HashSet<>();
        Set<String> ofNode = new HashSet<>();
        Set<String> resources = new HashSet<>();
        List<Rule> all = new ArrayList<>(rules);
        for (CheckerConfig checker : checkers) {
            (isResource(checker) ? resources : ofApplication).add(checker.name());
            if (checker.probe().kind() == Probe.Kind.ADDRESS) {
                ofNode.add(checker.name());
            }
            if (checker.action() != Action.NONE) {
                all.add(new Rule(List.of(new Condition(checker.name(), CheckerResult.DOWN)), 0, action(checker)));
            }
        }
        return new ApplicationRules(
                ofApplication, ofNode, resources, all, maxLoops, loopInterval.toMillis(), startTimeout.toMillis());
    }

    /** To be started anew does not help before the other module serves again. */
    private static Action action(CheckerConfig checker) {
        return checker.probe().kind() == Probe.Kind.MODULE && checker.action() == Action.STOPSTART
                ? Action.WAIT
                : checker.action();
    }
}
