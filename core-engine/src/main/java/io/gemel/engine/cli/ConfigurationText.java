package io.gemel.engine.cli;

import io.gemel.engine.module.ConfigMistake;
import io.gemel.engine.module.Configuration;
import io.gemel.protocol.model.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration of a node as {@code gemel config} shows it, made on that node.
 *
 * @param check what {@code config check} says, for people
 * @param checkJson and for scripts
 * @param show what {@code config show} says, for people; absent when there are mistakes
 * @param showJson and for scripts
 * @param mistakes why it is not shown
 */
record ConfigurationText(
        String check, String checkJson, Optional<String> show, Optional<String> showJson, Optional<String> mistakes) {

    static ConfigurationText of(Path etc) {
        Configuration.Checked checked = Configuration.check(etc);
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("usable", checked.configuration().isPresent());
        tree.put("mistakes", tree(checked.mistakes()));
        tree.put("warnings", tree(checked.warnings()));
        return new ConfigurationText(
                String.join("\n", lines(checked)),
                Json.of(tree),
                checked.configuration().map(good -> String.join("\n", ConfigView.lines(good))),
                checked.configuration().map(good -> Json.of(ConfigView.tree(good))),
                checked.configuration().isPresent()
                        ? Optional.empty()
                        : Optional.of(checked.problem().what()));
    }

    /** Whether there is no mistake. */
    boolean isUsable() {
        return show.isPresent();
    }

    /** What it is, for people or for scripts; a {@link Problem} when there are mistakes. */
    String shown(boolean json) {
        return (json ? showJson : show)
                .orElseThrow(() -> new Problem(mistakes.orElse(check), "correct the files, then: gemel config check"));
    }

    private static List<String> lines(Configuration.Checked checked) {
        Path base = checked.directory();
        List<String> lines = new ArrayList<>();
        checked.mistakes().forEach(mistake -> lines.add(mistake.sentence(base)));
        checked.warnings().forEach(warning -> lines.add("warning: " + warning.sentence(base)));
        String warnings = count(checked.warnings().size(), "warning");
        lines.add(checked.configuration()
                .map(good -> base + ": no mistakes, " + warnings + "; cluster \""
                        + good.cluster().name() + "\", "
                        + count(good.cluster().nodes().size(), "node") + ", "
                        + count(good.modules().size(), "module"))
                .orElseGet(() -> base + ": " + count(checked.mistakes().size(), "mistake") + ", " + warnings));
        return lines;
    }

    private static String count(int number, String what) {
        return (number == 0 ? "no" : number) + " " + what + (number == 1 ? "" : "s");
    }

    private static List<Map<String, Object>> tree(List<ConfigMistake> mistakes) {
        return mistakes.stream()
                .map(mistake -> {
                    Map<String, Object> tree = new LinkedHashMap<>();
                    tree.put("file", mistake.file().toString());
                    tree.put("line", mistake.line());
                    tree.put("column", mistake.column());
                    tree.put("what", mistake.what());
                    tree.put("hint", mistake.hint());
                    return tree;
                })
                .toList();
    }
}
