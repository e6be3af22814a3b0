package io.gemel.engine.cli;

import io.gemel.engine.module.ApplicationModule;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel module list|add}. */
@Command(name = "module", description = "List the application modules, or add a module made from one.")
final class ModuleCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "module what? list or add");
    }

    @Command(name = "list", description = "List the modules of this node and the application modules that ship.")
    int list(
            @Option(
                            names = "--etc",
                            paramLabel = "DIR",
                            defaultValue = "/etc/gemel",
                            description = "Directory of the configuration (default: ${DEFAULT-VALUE}).")
                    Path etc,
            @Option(names = "--json", description = "Print JSON.") boolean json) {
        List<ApplicationModule> shipped = ApplicationModule.all();
        List<String> here = Configuration.modulesIn(etc);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("modules", here);
            tree.put(
                    "applicationModules",
                    shipped.stream().map(ApplicationModule::name).toList());
            out.println(Json.of(tree));
            return ExitCode.OK;
        }
        out.println("modules in " + etc + ": " + (here.isEmpty() ? "none" : String.join(", ", here)));
        out.println();
        Table table = new Table("APPLICATION MODULE", "WHAT IT PROTECTS");
        shipped.forEach(module -> table.row(module.name(), module.summary()));
        table.lines().forEach(out::println);
        return ExitCode.OK;
    }

    @Command(name = "add", description = "Make a module from an application module; then adapt its module.toml.")
    int add(
            @Parameters(paramLabel = "NAME", description = "Name of the new module.") String name,
            @Option(
                            names = "--from",
                            paramLabel = "APPLICATION",
                            required = true,
                            description = "The application module to copy, see: gemel module list.")
                    String from,
            @Option(
                            names = "--etc",
                            paramLabel = "DIR",
                            defaultValue = "/etc/gemel",
                            description = "Directory of the configuration (default: ${DEFAULT-VALUE}).")
                    Path etc) {
        Path folder = ApplicationModule.named(from).copyTo(etc, name);
        PrintWriter out = spec.commandLine().getOut();
        out.println("made " + folder + " from the application module " + from);
        out.println("  next: adapt " + folder.resolve("module.toml") + ", copy the folder to the other node, then:"
                + " gemel config check");
        return ExitCode.OK;
    }
}
