package io.gemel.engine.cli;

import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Requests;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel audit}: who commanded, who was refused, who may do what since when. */
@Command(
        name = "audit",
        description = {
            "Every command, refusal, pairing, change of grants and of roles on a node, in a chain of hashes.",
            "With --verify: whether anything was changed or taken out. Exit code 1: something was."
        })
final class AuditCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final DateTimeFormatter WHEN = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);
    private static final int SHORT_ID = 19;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Reach reach;

    @Option(names = "--verify", description = "Check the whole chain instead of printing it.")
    private boolean verify;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "50",
            description = "At most so many, up to 500 (default: ${DEFAULT-VALUE}).")
    private int last;

    @Option(names = "--json", description = "Print each entry as it is kept: a line of JSON.")
    private boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (verify) {
            String wrong = reach.ask(Requests::verifyAudit, TIMEOUT).verified().orElseThrow();
            if (!wrong.isEmpty()) {
                throw new Problem(
                        "the audit log is not whole: " + wrong,
                        "compare it with the other node's, and see who can write to /var/lib/gemel there");
            }
            out.println("the audit log is whole");
            return ExitCode.OK;
        }
        List<String> entries = reach.ask(request -> Requests.audit(request, -1, last), TIMEOUT)
                .audit()
                .orElseThrow();
        for (String entry : entries) {
            out.println(json ? entry : line(Json.read(AuditEntry.class, entry)));
        }
        return ExitCode.OK;
    }

    private static String line(AuditEntry entry) {
        String who = entry.who().length() > SHORT_ID ? entry.who().substring(0, SHORT_ID) : entry.who();
        return WHEN.format(Instant.ofEpochMilli(entry.timeMs()).atZone(ZoneId.systemDefault())) + "  "
                + entry.node() + "  " + entry.number() + "  "
                + entry.kind().name().toLowerCase(Locale.ROOT) + "  " + (who.isEmpty() ? "-" : who) + "  "
                + entry.text();
    }
}
