package io.gemel.engine.cluster;

import io.gemel.protocol.model.CheckerResult;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What the findings of a module's checkers lead to.
 *
 * @param checkers names of those that look while the application runs
 * @param ofNode those of {@code checkers} that watch the node: a new start of the application mends nothing of that
 * @param resources names of those that look in each state: what they watch does not depend on the application
 * @param rules in the order in which they are tried
 * @param maxLoops so many actions within {@code loopIntervalMs} are taken; one more stops the module
 * @param loopIntervalMs see {@code maxLoops}
 * @param startTimeoutMs so long after its start the application may be down, unless it was up before
 */
public record ApplicationRules(
        Set<String> checkers,
        Set<String> ofNode,
        Set<String> resources,
        List<Rule> rules,
        int maxLoops,
        long loopIntervalMs,
        long startTimeoutMs) {

    public static final int DEFAULT_MAX_LOOPS = 3;
    public static final Duration DEFAULT_LOOP_INTERVAL = Duration.ofHours(24);
    public static final Duration DEFAULT_START_TIMEOUT = Duration.ofMinutes(1);

    /** Of a module without checkers. */
    public static final ApplicationRules NONE = new ApplicationRules(
            Set.of(),
            Set.of(),
            Set.of(),
            List.of(),
            DEFAULT_MAX_LOOPS,
            DEFAULT_LOOP_INTERVAL.toMillis(),
            DEFAULT_START_TIMEOUT.toMillis());

    public ApplicationRules {
        checkers = Set.copyOf(checkers);
        ofNode = Set.copyOf(ofNode);
        resources = Set.copyOf(resources);
        rules = List.copyOf(rules);
    }

    /** What a checker is to have found. */
    public record Condition(String checker, CheckerResult result) {
        public Condition {
            Objects.requireNonNull(checker, "checker");
            Objects.requireNonNull(result, "result");
        }
    }

    /**
     * When all conditions have held for so long, the action follows.
     *
     * @param conditions at least one
     * @param forMs for how long, 0 for at once
     */
    public record Rule(List<Condition> conditions, long forMs, Action action) {
        public Rule {
            conditions = List.copyOf(conditions);
            Objects.requireNonNull(action, "action");
        }
    }

    /** Whether a new start of the application may mend it. */
    boolean concernsApplication(Rule rule) {
        return rule.conditions().stream()
                .map(Condition::checker)
                .anyMatch(checker -> checkers.contains(checker) && !ofNode.contains(checker));
    }
}
