package io.gemel.engine.cli;

import io.gemel.engine.lab.clients.ClientsPlan;
import io.gemel.engine.lab.clients.ClientsReport;
import io.gemel.engine.lab.clients.ManyClients;
import io.gemel.protocol.wire.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel bench control-clients}: the process of many clients of {@code gemel bench control}. */
@Command(
        name = "control-clients",
        hidden = true,
        description =
                "Many clients of a cluster until standard input ends; JSON of how they are, several times a second.")
final class ControlClientsCommand implements Callable<Integer> {

    private static final long PROGRESS_MS = 200;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PLAN", description = "What they are told; it is removed when it was read.")
    private Path plan;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (ManyClients clients = new ManyClients(ClientsPlan.take(plan))) {
            Thread.ofPlatform().daemon().name("open").start(clients::open);
            Thread input = Thread.ofPlatform().daemon().name("input").start(ControlClientsCommand::awaitEndOfInput);
            while (!input.join(Duration.ofMillis(PROGRESS_MS))) {
                say(out, clients.report());
            }
            say(out, clients.last());
        }
        return ExitCode.OK;
    }

    private static void say(PrintWriter out, ClientsReport report) {
        out.println(Json.write(ClientsReport.class, report));
        out.flush();
    }

    private static void awaitEndOfInput() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // An input that breaks has ended.
        }
    }
}
