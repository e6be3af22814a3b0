package io.gemel.engine.cli;

import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.SignedGrants;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel devices}: who may do what, and {@code gemel devices revoke}. */
@Command(
        name = "devices",
        description = "Which devices may do what with this cluster.",
        subcommands = DevicesCommand.Revoke.class)
final class DevicesCommand implements Callable<Integer> {

    private static final DateTimeFormatter WHEN = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);
    private static final int SHORT_ID = 19;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Reach reach;

    @Option(names = "--json", description = "Print the grants as JSON.")
    private boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<SignedGrants> tips = GrantChange.tips(reach);
        if (tips.isEmpty()) {
            out.println(json ? "null" : "no device was paired yet: nothing is open");
            if (!json) {
                out.println("  next: gemel pair --role admin");
            }
            return ExitCode.OK;
        }
        Grants grants = GrantChange.effective(tips);
        if (json) {
            out.println(Json.write(Grants.class, grants));
            return ExitCode.OK;
        }
        if (tips.size() > 1) {
            out.println(
                    "the nodes were given different grants while they did not see each other; until they are joined,");
            out.println("only what both allow counts: the next gemel pair or gemel devices revoke joins them");
        }
        Table table = new Table("DEVICE", "NAME", "ROLE", "MODULES", "UNTIL");
        for (Grant each : grants.devices()) {
            table.row(
                    each.device().substring(0, SHORT_ID),
                    each.name(),
                    each.role().word(),
                    each.isForAll() ? "all" : String.join(",", each.modules()),
                    each.expiresMs()
                            .map(ms -> WHEN.format(Instant.ofEpochMilli(ms).atZone(ZoneId.systemDefault())))
                            .orElse("-"));
        }
        table.lines().forEach(out::println);
        return ExitCode.OK;
    }

    /** {@code gemel devices revoke}. */
    @Command(name = "revoke", description = "Take a device's grant away: its sessions end at once, on both nodes.")
    static final class Revoke implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private Reach reach;

        @Parameters(paramLabel = "DEVICE", description = "Its name, or the begin of its id.")
        private String device;

        @Option(names = "--lib", paramLabel = "DIR", defaultValue = "/var/lib/gemel", hidden = true)
        private Path lib;

        @Override
        public Integer call() {
            GrantChange change = new GrantChange(reach, lib);
            Grant gone = GrantChange.find(change.devices(), device);
            List<Grant> left = new ArrayList<>(change.devices());
            left.remove(gone);
            change.sign(left);
            spec.commandLine().getOut().println(gone.name() + " (" + gone.device() + ") may nothing any more");
            return ExitCode.OK;
        }
    }
}
