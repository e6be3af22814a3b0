package io.gemel.engine.module;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules.Condition;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.protocol.model.CheckerResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code [[rule]]} of {@code module.toml}: {@code when = "tcp.db == down for 10s"}, {@code then = "stopstart"}. */
final class RuleParser {

    private static final Duration MOST_TIME = Duration.ofHours(24);
    private static final String WHEN = "when = \"tcp.db == down for 10s\"; more conditions with and";
    private static final String THEN = "then = one of: " + String.join(", ", Action.words());
    private static final Pattern TIME = Pattern.compile("(.*)\\sfor\\s+(\\S+)\\s*");
    private static final Pattern CONDITION = Pattern.compile("\\s*([a-z]+\\.[a-z0-9-]+)\\s*==\\s*([a-z]+)\\s*");
    private static final List<String> RESULTS = List.of("up", "down", "error");

    private final TomlSection section;
    private final List<CheckerConfig> checkers;

    private RuleParser(TomlSection section, List<CheckerConfig> checkers) {
        this.section = section;
        this.checkers = checkers;
    }

    static List<Rule> parse(TomlSection root, List<CheckerConfig> checkers) {
        List<TomlSection> sections = root.sections("rule");
        if (sections.size() > Surveillance.MAX_RULES) {
            root.wrong("rule", sections.size() + " rules", "expected at most " + Surveillance.MAX_RULES);
        }
        List<Rule> rules = new ArrayList<>();
        for (TomlSection section : sections) {
            new RuleParser(section, checkers).read().ifPresent(rules::add);
        }
        return rules;
    }

    private Optional<Rule> read() {
        section.only("when", "then");
        Optional<String> when = section.requiredText("when", WHEN);
        Optional<String> then = section.requiredText("then", THEN);
        Optional<Action> action = then.flatMap(Action::of);
        if (then.isPresent() && action.isEmpty()) {
            section.wrong("then", "unknown action \"" + then.get() + "\"", Nearest.hint(then.get(), Action.words()));
        }
        if (when.isEmpty() || action.isEmpty()) {
            return Optional.empty();
        }
        Matcher timed = TIME.matcher(when.get());
        boolean hasTime = timed.matches();
        Optional<Duration> time = hasTime ? Amount.duration(timed.group(2)) : Optional.of(Duration.ZERO);
        if (time.filter(duration -> duration.compareTo(MOST_TIME) <= 0).isEmpty()) {
            section.wrong(
                    "when", "\"" + timed.group(2) + "\" is not a duration up to 24h", "expected such as \"for 10s\"");
            return Optional.empty();
        }
        List<Condition> conditions = new ArrayList<>();
        String[] texts = (hasTime ? timed.group(1) : when.get()).split("\\sand\\s", -1);
        for (String text : texts) {
            condition(text, action.get()).ifPresent(conditions::add);
        }
        return conditions.size() == texts.length
                ? Optional.of(new Rule(conditions, time.get().toMillis(), action.get()))
                : Optional.empty();
    }

    private Optional<Condition> condition(String text, Action action) {
        Matcher matcher = CONDITION.matcher(text);
        if (!matcher.matches()) {
            section.wrong("when", "\"" + text.strip() + "\" is no condition", "expected " + WHEN);
            return Optional.empty();
        }
        String name = matcher.group(1);
        String result = matcher.group(2);
        List<String> names = checkers.stream().map(CheckerConfig::name).toList();
        Optional<CheckerConfig> checker =
                checkers.stream().filter(each -> each.name().equals(name)).findFirst();
        if (checker.isEmpty()) {
            section.wrong(
                    "when",
                    "there is no checker " + name,
                    names.isEmpty() ? "expected one of [[checker]]" : Nearest.hint(name, names));
        }
        if (!RESULTS.contains(result)) {
            section.wrong("when", name + " is never \"" + result + "\"", Nearest.hint(result, RESULTS));
        }
        if (action == Action.WAIT
                && checker.filter(each ->
                                CheckerParser.cannotBeAwaited(each.probe().kind()))
                        .isPresent()) {
            section.wrong(
                    "then", name + " watches what is there only while the module serves", "it cannot be waited for");
        }
        return checker.isPresent() && RESULTS.contains(result)
                ? Optional.of(new Condition(name, CheckerResult.valueOf(result.toUpperCase(Locale.ROOT))))
                : Optional.empty();
    }
}
