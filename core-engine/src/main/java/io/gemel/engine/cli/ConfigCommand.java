package io.gemel.engine.cli;

import io.gemel.engine.module.ConfigMistake;
import io.gemel.engine.module.Configuration;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gemel config check|show}. */
@Command(name = "config", description = "Check or show the configuration.")
final class ConfigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "config what? check or show");
    }

    @Command(
            name = "check",
            description = {
                "Report every mistake in the configuration, with file, line and column,",
                "and what on this machine does not fit it. Exit code 1 when there is a mistake."
            })
    int check(
            @Option(
                            names = "--etc",
                            paramLabel = "DIR",
                            defaultValue = "/etc/gemel",
                            description = "Directory of the configuration (default: ${DEFAULT-VALUE}).")
                    Path etc,
            @Option(names = "--json", description = "Print JSON.") boolean json) {
        Configuration.Checked checked = Configuration.check(etc);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("usable", checked.configuration().isPresent());
            tree.put("mistakes", tree(checked.mistakes()));
            tree.put("warnings", tree(checked.warnings()));
            out.println(Json.of(tree));
        } else {
            print(checked, out);
        }
        return checked.mistakes().isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private static void print(Configuration.Checked checked, PrintWriter out) {
        Path base = checked.directory();
        checked.mistakes().forEach(mistake -> out.println(mistake.sentence(base)));
        checked.warnings().forEach(warning -> out.println("warning: " + warning.sentence(base)));
        String warnings = count(checked.warnings().size(), "warning");
        checked.configuration()
                .ifPresentOrElse(
                        good -> out.println(base + ": no mistakes, " + warnings + "; cluster \""
                                + good.cluster().name() + "\", "
                                + count(good.cluster().nodes().size(), "node") + ", "
                                + count(good.modules().size(), "module")),
                        () -> out.println(base + ": " + count(checked.mistakes().size(), "mistake") + ", " + warnings));
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

    @Command(name = "show", description = "Show the configuration in effect, defaults included.")
    int show(
            @Option(
                            names = "--etc",
                            paramLabel = "DIR",
                            defaultValue = "/etc/gemel",
                            description = "Directory of the configuration (default: ${DEFAULT-VALUE}).")
                    Path etc,
            @Option(names = "--json", description = "Print JSON.") boolean json) {
        Configuration configuration = Configuration.load(etc);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.of(ConfigView.tree(configuration)));
        } else {
            ConfigView.lines(configuration).forEach(out::println);
        }
        return ExitCode.OK;
    }
}
