package io.gemel.engine.cli;

import io.gemel.engine.lab.failover.AddressProbe;
import io.gemel.protocol.wire.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel bench probe}: what {@code bench failover} runs in the client. */
@Command(
        name = "probe",
        hidden = true,
        description = "Ask for an address until standard input ends; JSON of what was seen, several times a second.")
final class ProbeCommand implements Callable<Integer> {

    private static final long PROGRESS_MS = 100;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "ADDRESS", description = "The address.")
    private String address;

    @Override
    public Integer call() throws InterruptedException {
        AddressProbe probe = new AddressProbe(new InetSocketAddress(address, AddressProbe.PORT));
        Thread asking = Thread.ofPlatform().daemon().name("probe").start(probe::run);
        Thread input = Thread.ofPlatform().daemon().name("input").start(ProbeCommand::awaitEndOfInput);
        PrintWriter out = spec.commandLine().getOut();
        while (!input.join(Duration.ofMillis(PROGRESS_MS))) {
            say(out, probe);
        }
        probe.stop();
        asking.join(TimeUnit.SECONDS.toMillis(1));
        say(out, probe);
        return ExitCode.OK;
    }

    private static void say(PrintWriter out, AddressProbe probe) {
        out.println(Json.write(AddressProbe.Report.class, probe.report()));
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
