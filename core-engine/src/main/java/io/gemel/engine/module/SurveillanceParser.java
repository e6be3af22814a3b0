package io.gemel.engine.module;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Reads how a module is watched: {@code [[checker]]}, {@code [[rule]]} and the bound of both. */
final class SurveillanceParser {

    static final String[] MODULE_KEYS = {"max_loops", "loop_interval", "start_timeout"};

    private static final int MOST_LOOPS = 1_000;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MOST_INTERVAL = Duration.ofDays(30);

    private SurveillanceParser() {}

    /** What could be made out, with where each other module is named. */
    record Draft(Surveillance surveillance, List<Located<String>> needs) {}

    static Draft parse(ConfigFile file, TomlSection root, Optional<TomlSection> module) {
        CheckerParser.Read read = CheckerParser.parse(file, root);
        List<CheckerConfig> written =
                read.checkers().stream().map(Located::value).toList();
        List<Rule> rules = RuleParser.parse(root, written);
        List<CheckerConfig> checkers = written.stream()
                .map(checker -> read.withoutAction().contains(checker.name()) && isIn(rules, checker)
                        ? checker.with(Action.NONE)
                        : checker)
                .toList();
        Surveillance surveillance = new Surveillance(
                checkers,
                rules,
                module.map(section -> section.number("max_loops", 0, MOST_LOOPS, ApplicationRules.DEFAULT_MAX_LOOPS))
                        .orElse(ApplicationRules.DEFAULT_MAX_LOOPS),
                module.map(section -> section.duration(
                                "loop_interval", SECOND, MOST_INTERVAL, ApplicationRules.DEFAULT_LOOP_INTERVAL))
                        .orElse(ApplicationRules.DEFAULT_LOOP_INTERVAL),
                module.map(section -> section.duration(
                                "start_timeout", SECOND, MOST_INTERVAL, ApplicationRules.DEFAULT_START_TIMEOUT))
                        .orElse(ApplicationRules.DEFAULT_START_TIMEOUT));
        List<Located<String>> needs = read.checkers().stream()
                .filter(checker -> checker.value().probe() instanceof Probe.OtherModule)
                .map(checker ->
                        new Located<>(((Probe.OtherModule) checker.value().probe()).module(), checker.at()))
                .toList();
        return new Draft(surveillance, needs);
    }

    private static boolean isIn(List<Rule> rules, CheckerConfig checker) {
        return rules.stream()
                .flatMap(rule -> rule.conditions().stream())
                .anyMatch(condition -> condition.checker().equals(checker.name()));
    }
}
