package io.gemel.engine.cluster;

import io.gemel.engine.cluster.ApplicationRules.Condition;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.protocol.model.CheckerResult;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the checkers of a module found last, and which conditions that fulfils since when. */
final class Findings {

    private static final long NEVER = Long.MAX_VALUE;

    /** @param wasUp whether it found the application up since this was started */
    private record Finding(CheckerResult result, String why, long sinceMs, boolean wasUp) {}

    private final ApplicationRules rules;
    private final Map<String, Finding> found = new TreeMap<>();
    private long startedMs;

    Findings(ApplicationRules rules) {
        this.rules = rules;
    }

    /** The application was just started, or ended: what was found of it before says nothing. */
    void applicationChanged(long nowMs) {
        startedMs = nowMs;
        found.keySet().removeIf(checker -> !rules.resources().contains(checker));
    }

    /** Whether it is something else than before. */
    boolean note(Event.CheckerSaid said, long nowMs) {
        Finding before = found.get(said.checker());
        boolean changed = before == null || before.result() != said.result();
        boolean wasUp = said.result() == CheckerResult.UP || (before != null && before.wasUp());
        found.put(said.checker(), new Finding(said.result(), said.why(), changed ? nowMs : before.sinceMs(), wasUp));
        return changed;
    }

    /** Whether it is down, but may be so because the application was only just started. */
    boolean isForgiven(String checker, long nowMs) {
        Finding finding = found.get(checker);
        return finding != null && finding.result() != CheckerResult.UP && countsFromMs(checker, finding) > nowMs;
    }

    private long countsFromMs(String checker, Finding finding) {
        boolean counts = finding.result() == CheckerResult.UP
                || finding.wasUp()
                || rules.resources().contains(checker);
        return counts ? finding.sinceMs() : Math.max(finding.sinceMs(), startedMs + rules.startTimeoutMs());
    }

    boolean holds(Rule rule, long nowMs) {
        long sinceMs = 0;
        for (Condition condition : rule.conditions()) {
            sinceMs = Math.max(sinceMs, sinceMs(condition));
        }
        return sinceMs != NEVER && nowMs - sinceMs >= rule.forMs();
    }

    private long sinceMs(Condition condition) {
        Finding finding = found.get(condition.checker());
        return finding == null || finding.result() != condition.result()
                ? NEVER
                : countsFromMs(condition.checker(), finding);
    }

    /** Why the rule holds, for people. */
    String why(Rule rule) {
        return rule.conditions().stream()
                        .map(condition -> condition.checker() + " is "
                                + condition.result().word() + why(found.get(condition.checker())))
                        .collect(Collectors.joining(" and "))
                + (rule.forMs() == 0 ? "" : " for " + rule.forMs() + " ms");
    }

    private static String why(Finding finding) {
        return finding == null || finding.why().isEmpty() ? "" : " (" + finding.why() + ")";
    }
}
