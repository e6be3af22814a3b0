package io.gemel.engine.cli;

import io.gemel.engine.lab.demo.JournalReport;
import io.gemel.engine.lab.demo.JournalService;
import io.gemel.engine.lab.demo.JournalWriter;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gemel journal serve|write}: the built-in application that the demonstration protects. */
@Command(name = "journal", description = "The built-in application to try Gemel with: a small journal service.")
final class JournalCommand implements Runnable {

    private static final long PROGRESS_MS = 250;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "journal what? serve or write");
    }

    @Command(name = "serve", description = "Keep what clients send in a directory, each record safe on disk.")
    int serve(
            @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Where the journal is.")
                    Path directory,
            @Option(
                            names = "--listen",
                            defaultValue = "0.0.0.0:7070",
                            paramLabel = "ADDRESS:PORT",
                            description = "Default: ${DEFAULT-VALUE}.")
                    String listen) {
        PrintWriter out = spec.commandLine().getOut();
        JournalService.serve(directory, address(listen), bound -> out.println("listening on " + bound));
        return ExitCode.OK;
    }

    @Command(name = "write", description = "Write numbered records, and ask at the end for each acknowledged one.")
    int write(
            @Option(names = "--to", required = true, paramLabel = "ADDRESS:PORT", description = "The service.")
                    String to,
            @Option(names = "--clients", defaultValue = "4", paramLabel = "N", description = "Default: 4.") int clients,
            @Option(names = "--rate", defaultValue = "0", description = "Records a second of all; 0: no limit.")
                    int rate,
            @Option(names = "--for", defaultValue = "30s", paramLabel = "TIME", description = "Default: 30s.")
                    String time,
            @Option(names = "--until-input-ends", description = "Stop before that when standard input ends.")
                    boolean untilInputEnds,
            @Option(names = "--json", description = "Print JSON, one object a line.") boolean json) {
        JournalWriter writer = new JournalWriter(address(to), clients, rate);
        FutureTask<JournalReport> work = new FutureTask<>(writer::run);
        Thread.ofPlatform().name("journal-write").start(work);
        if (untilInputEnds) {
            Thread.ofPlatform().daemon().name("input").start(() -> stopWhenInputEnds(writer));
        }
        long endNs = System.nanoTime() + LabUpCommand.duration(time).toNanos();
        JournalReport report = await(work, writer, endNs, json);
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? json(report) : report.sentence());
        return report.nothingLost() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private JournalReport await(FutureTask<JournalReport> work, JournalWriter writer, long endNs, boolean json) {
        PrintWriter out = spec.commandLine().getOut();
        while (true) {
            try {
                return work.get(PROGRESS_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (json) {
                    out.println(json(writer.progress()));
                }
                if (System.nanoTime() - endNs >= 0) {
                    writer.stop();
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Problem problem ? problem : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                writer.stop();
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private static void stopWhenInputEnds(JournalWriter writer) {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // An input that breaks has ended.
        }
        writer.stop();
    }

    private static String json(JournalReport report) {
        return "{\"acknowledged\":" + report.acknowledged() + ",\"found\":" + report.found() + ",\"longestWaitMs\":"
                + report.longestWaitMs() + ",\"reconnects\":" + report.reconnects() + "}";
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        if (colon > 0 && text.substring(colon + 1).matches("\\d{1,5}")) {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (port <= 65535) {
                return new InetSocketAddress(text.substring(0, colon), port);
            }
        }
        throw new Problem("\"" + text + "\" is not an address with a port", "write it like 10.77.0.100:7070");
    }
}
