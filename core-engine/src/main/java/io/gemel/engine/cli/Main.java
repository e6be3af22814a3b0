package io.gemel.engine.cli;

import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code gemel} command.
 *
 * <p>Exit codes, the same for every verb: 0 done (or: the answer is yes), 1 refused or not possible (or: the answer is
 * no), 2 the command line was not understood, 3 an unexpected error. A verb throws a {@link Problem} to be refused; it
 * is printed as {@code gemel: WHAT} and {@code next: NEXT STEP} on standard error.
 */
@Command(
        name = "gemel",
        description = "Keeps an application available on two ordinary servers.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done, or the answer is yes",
            "1:refused or not possible, or the answer is no",
            "2:the command line was not understood",
            "3:an unexpected error"
        })
public final class Main implements Runnable {

    private static final String DEBUG_VARIABLE = "GEMEL_DEBUG";

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    boolean help;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show stack traces and more of what is done; also: GEMEL_DEBUG=1.")
    private boolean debug;

    Main() {}

    /** Every verb; a new one is one line here. */
    private static List<Object> commands() {
        List<Object> all = new ArrayList<>(List.of(
                new AuditCommand(),
                new BenchCommand(),
                new CompletionCommand(),
                new ConfigCommand(),
                new DemoCommand(),
                new DevicesCommand(),
                new EngineCommand(),
                new EventsCommand(),
                new InitCommand(),
                new JoinCommand(),
                new JournalCommand(),
                new LabCommand(),
                new LogCommand(),
                new ModuleCommand(),
                new PairCommand(),
                new ResolveCommand(),
                new SimulateCommand(),
                new SnapshotCommand(),
                new StateCommand(),
                new TortureCommand(),
                new VersionCommand(),
                new WitnessCommand()));
        all.addAll(ModuleVerbs.all());
        return all;
    }

    /** Runs one command line and ends the process with its exit code. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int code = run(out, err, args);
        out.flush();
        err.flush();
        System.exit(code);
    }

    /** Runs one command line and returns its exit code, see {@link ExitCode}. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine line = new CommandLine(main);
        commands().forEach(line::addSubcommand);
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(out)
                .setErr(err)
                .setExecutionStrategy(main::execute)
                .setParameterExceptionHandler((problem, _) -> misunderstood(problem))
                .setExecutionExceptionHandler((problem, at, _) -> main.failed(problem, at.getErr()))
                .execute(args);
    }

    private int execute(ParseResult parsed) {
        if (debug()) {
            Logging.debug();
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private boolean debug() {
        String variable = System.getenv(DEBUG_VARIABLE);
        return debug || (variable != null && !variable.isEmpty() && !variable.equals("0"));
    }

    private int failed(Exception failure, PrintWriter err) {
        int code = ExitCode.REFUSED;
        if (failure instanceof Problem problem) {
            err.println("gemel: " + problem.what());
            err.println("  next: " + problem.nextStep());
        } else {
            err.println("gemel: unexpected error: " + failure);
            err.println("  next: run it again with --debug to see where; the engine's log: journalctl -u gemel");
            code = ExitCode.UNEXPECTED;
        }
        if (debug()) {
            failure.printStackTrace(err);
        }
        return code;
    }

    private static int misunderstood(ParameterException problem) {
        CommandLine at = problem.getCommandLine();
        PrintWriter err = at.getErr();
        err.println("gemel: " + problem.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(problem, err)) {
            err.println("  next: " + at.getCommandSpec().qualifiedName() + " --help");
        }
        return ExitCode.USAGE;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command? See the list in: gemel --help");
    }
}
