package io.gemel.engine.cli;

import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.engine.module.CheckerConfig;
import io.gemel.engine.module.Probe;
import io.gemel.engine.module.Surveillance;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** How a module is watched, and what follows, for people and for scripts. */
final class SurveillanceView {

    private SurveillanceView() {}

    static void rows(Surveillance surveillance, Table table) {
        for (CheckerConfig checker : surveillance.checkers()) {
            String action =
                    surveillance.isInRule(checker) && checker.action().word().equals("none")
                            ? "as the rules say"
                            : checker.action().word();
            table.row(
                    checker.name(),
                    watched(checker.probe()) + "; each " + checker.interval().toMillis() + " ms, down after "
                            + checker.failures() + " bad: " + action);
        }
        for (Rule rule : surveillance.rules()) {
            table.row(
                    "rule",
                    conditions(rule) + " for " + rule.forMs() + " ms: "
                            + rule.action().word());
        }
        table.row(
                "loop bound",
                surveillance.maxLoops() + " actions within "
                        + surveillance.loopInterval().toSeconds() + " s; start timeout "
                        + surveillance.startTimeout().toSeconds() + " s");
    }

    private static String conditions(Rule rule) {
        return rule.conditions().stream()
                .map(condition ->
                        condition.checker() + " == " + condition.result().word())
                .collect(Collectors.joining(" and "));
    }

    private static String watched(Probe probe) {
        return switch (probe) {
            case Probe.Processes processes ->
                "at least " + processes.least() + (processes.most() > 0 ? ", at most " + processes.most() : "")
                        + " of the process " + processes.command()
                        + (processes.arguments().isEmpty() ? "" : " ... " + processes.arguments());
            case Probe.Tcp tcp ->
                tcp.address().getAddress().getHostAddress() + " port "
                        + tcp.address().getPort() + (tcp.expect().isEmpty() ? "" : " answers " + tcp.expect());
            case Probe.Http http -> http.url() + (http.expect().isEmpty() ? "" : " answers " + http.expect());
            case Probe.Ping ping -> ping.address().getHostAddress() + " answers a ping";
            case Probe.Interface link -> link.name() + " has a carrier";
            case Probe.Address address -> "the virtual IPs are here and nowhere else";
            case Probe.Disk disk ->
                (disk.paths().isEmpty() ? "the directories" : disk.paths()) + " have "
                        + (disk.leastBytes() > 0 ? disk.leastBytes() + " bytes" : disk.leastPercent() + "%")
                        + " free, writable, without errors";
            case Probe.Custom custom -> "bin/" + custom.script();
            case Probe.OtherModule other -> "the module " + other.module() + " is served";
        };
    }

    static void into(Map<String, Object> tree, Surveillance surveillance) {
        tree.put(
                "checkers",
                surveillance.checkers().stream().map(SurveillanceView::tree).toList());
        tree.put(
                "rules",
                surveillance.rules().stream().map(SurveillanceView::tree).toList());
        tree.put("maxLoops", surveillance.maxLoops());
        tree.put("loopIntervalMs", surveillance.loopInterval().toMillis());
        tree.put("startTimeoutMs", surveillance.startTimeout().toMillis());
    }

    private static Map<String, Object> tree(CheckerConfig checker) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", checker.name());
        tree.put("watches", watched(checker.probe()));
        tree.put("intervalMs", checker.interval().toMillis());
        tree.put("timeoutMs", checker.timeout().toMillis());
        tree.put("failures", checker.failures());
        tree.put("action", checker.action().word());
        return tree;
    }

    private static Map<String, Object> tree(Rule rule) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put(
                "when",
                List.copyOf(rule.conditions().stream()
                        .map(condition -> condition.checker() + " == "
                                + condition.result().word())
                        .toList()));
        tree.put("forMs", rule.forMs());
        tree.put("then", rule.action().word());
        return tree;
    }
}
